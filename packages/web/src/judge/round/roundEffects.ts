/** @file What follows from news about a round, one effect each. */
import type { Round } from "@pickapic/server/api";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { roundQuery } from "../../http/queries.ts";
import { useOutboxNews } from "../../outbox/context.tsx";
import type { News } from "../../outbox/outbox.ts";
import type { Dispatch } from "./judging.ts";
import { takeBack } from "./requests.ts";

/** Nobody went on with the round for so long that the server deleted its pictures: it makes new ones when it is asked. */
const EXPIRED = "PICKAPIC_PAIR_EXPIRED";

/** Learns which answer can be taken back, also one of an earlier visit. `lastRanking` is undefined while the round is unknown. */
export function useEarlierAnswer(lastRanking: number | null | undefined, dispatch: Dispatch): void {
  useEffect(() => {
    if (lastRanking !== undefined) dispatch({ kind: "earlier", ranking: lastRanking });
  }, [lastRanking, dispatch]);
}

/** Takes the news of the outbox about answers of this round: delivered with the next pair, or refused. */
export function useOutboxNewsOfRound(roundId: string, keep: (round: Round) => Promise<void>, dispatch: Dispatch): void {
  const client = useQueryClient();
  const hear = useCallback(
    (news: News) => {
      if (news.kind === "changed" || news.entry.round !== roundId) return;
      const { comparison, trouble, refusal } = news.entry;
      if (news.kind === "delivered") {
        dispatch({ kind: "delivered", comparison, ranking: news.reply.ranking });
        void keep(news.reply.round);
      }
      if (news.kind === "refused") {
        const message = trouble ?? "The server refused this answer.";
        dispatch({ kind: "refused", comparison, message, expired: refusal?.code === EXPIRED });
        void client.invalidateQueries({ queryKey: roundQuery(roundId).queryKey });
      }
    },
    [client, roundId, keep, dispatch],
  );
  useOutboxNews(hear);
}

/** Takes the ranking back that the state wants taken back. */
export function useTakingBack(undoing: number | null, keep: (round: Round) => Promise<void>, dispatch: Dispatch): void {
  const client = useQueryClient();
  useEffect(() => {
    if (undoing !== null) void takeBack(client, undoing, keep, dispatch);
  }, [client, undoing, keep, dispatch]);
}

/** Asks once for new pictures when the old ones were deleted; should that not help, the page says why and has a button. */
export function useExpiredPictures(problem: string | undefined, retry: () => void): void {
  const expired = problem === EXPIRED;
  useEffect(() => {
    if (expired) retry();
  }, [expired, retry]);
}
