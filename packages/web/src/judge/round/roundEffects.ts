/** @file The effects of judging a round: each reacts to one kind of news from the server or the outbox. */
import type { Round } from "@pickapic/server/api";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { roundQuery } from "../../http/queries.ts";
import { useOutboxNews } from "../../outbox/context.tsx";
import type { News } from "../../outbox/outbox.ts";
import type { Dispatch } from "./judging.ts";
import { takeBack } from "./requests.ts";

/** The error code of a pair whose pictures the server has deleted because the round was not continued for a long time. It makes new ones on request. */
const EXPIRED = "PICKAPIC_PAIR_EXPIRED";

/** Tells the state which answer can be undone, perhaps of an earlier visit. `lastRanking` is undefined until the round is loaded. */
export function useEarlierAnswer(lastRanking: number | null | undefined, dispatch: Dispatch): void {
  useEffect(() => {
    if (lastRanking !== undefined) dispatch({ kind: "earlier", ranking: lastRanking });
  }, [lastRanking, dispatch]);
}

/** Tells the state when an answer of this round was delivered or refused. A delivered one comes with the next pair. */
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

/** Undoes the ranking `undoing` on the server; null means none. */
export function useTakingBack(undoing: number | null, keep: (round: Round) => Promise<void>, dispatch: Dispatch): void {
  const client = useQueryClient();
  useEffect(() => {
    if (undoing !== null) void takeBack(client, undoing, keep, dispatch);
  }, [client, undoing, keep, dispatch]);
}

/** Requests new pictures once when the old ones were deleted. If that fails, the page shows the reason and a button. */
export function useExpiredPictures(problem: string | undefined, retry: () => void): void {
  const expired = problem === EXPIRED;
  useEffect(() => {
    if (expired) retry();
  }, [expired, retry]);
}
