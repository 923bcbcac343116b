/** @file Judging one round: joins the pure state with server, outbox and preloading. */
import type { Choice, Round } from "@pickapic/server/api";
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { call, Refusal, sentenceOf } from "../http/client.ts";
import { keepKarma, roundQuery } from "../http/queries.ts";
import { useOutbox, useOutboxNews } from "../outbox/context.tsx";
import type { News } from "../outbox/outbox.ts";
import { type Judging, judge, mayChoose, newJudging } from "./judging.ts";
import { Preloader } from "./preload.ts";
import { watchRound } from "./watch-round.ts";

/** Nobody went on with the round for so long that the server deleted its pictures: it makes new ones when it is asked. */
const EXPIRED = "PICKAPIC_PAIR_EXPIRED";

export interface JudgingHandle {
  round: Round | undefined;
  /** Why the round could not be loaded. */
  error: Error | null;
  reload(): void;
  state: Judging;
  choose(choice: Choice): void;
  undo(): void;
  retry(): void;
}

export function useJudging(roundId: string, owner: string): JudgingHandle {
  const client = useQueryClient();
  const { data: round, error, refetch } = useQuery(roundQuery(roundId));
  const [state, dispatch] = useReducer(judge, newJudging);
  const outbox = useOutbox();
  const stopwatch = useRef(0);
  const [preloader] = useState(() => new Preloader());

  const generating = round?.state === "generating";
  useEffect(() => {
    if (generating) return watchRound(roundId, (next) => void keepRound(client, next));
  }, [client, roundId, generating]);

  const next = round?.comparison ?? null;
  const nextId = next?.id;
  const shownId = state.shown?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new object for the same comparison is no reason to load it again
  useEffect(() => {
    if (!next) return;
    const leaving = new AbortController();
    const show = () => {
      if (leaving.signal.aborted) return;
      stopwatch.current = performance.now();
      const waiting = outbox.snapshot().waiting.find((entry) => entry.comparison === next.id);
      dispatch({ kind: "shown", comparison: next, choice: waiting?.choice ?? null });
    };
    // A picture that cannot be loaded is shown as it is: its frame says so, and the round can be left.
    preloader.pair(next, leaving.signal).then(show, show);
    return () => leaving.abort();
  }, [nextId]);

  const upcoming = round?.upcoming;
  useEffect(() => {
    // The pair that waits comes first.
    if (shownId !== undefined && shownId === nextId && upcoming) preloader.ahead(upcoming);
  }, [preloader, upcoming, shownId, nextId]);

  const lastRanking = round?.lastRanking ?? null;
  useEffect(() => {
    if (lastRanking !== null) dispatch({ kind: "earlier", ranking: lastRanking });
  }, [lastRanking]);

  const hear = useCallback((news: News) => dispatchNews(client, roundId, dispatch, news), [client, roundId]);
  useOutboxNews(hear);

  const { undoing } = state;
  useEffect(() => {
    if (undoing !== null) void takeBack(client, undoing, dispatch);
  }, [client, undoing]);

  const choose = (choice: Choice) => {
    if (!state.shown || !round || !mayChoose(state)) return;
    const elapsedMs = Math.min(86_400_000, Math.round(performance.now() - stopwatch.current));
    dispatch({ kind: "chosen", choice });
    void outbox.add({ owner, round: roundId, comparison: state.shown.id, prompt: round.prompt, choice, elapsedMs });
  };

  const retry = useCallback(() => {
    call<Round>(`/api/rounds/${roundId}/retry`, { method: "POST" }).then(
      (again) => keepRound(client, again),
      () => void refetch(),
    );
  }, [client, roundId, refetch]);

  const expired = round?.problem?.code === EXPIRED;
  useEffect(() => {
    // Once: should it not help, the page says why and has a button.
    if (expired) retry();
  }, [expired, retry]);

  return { round, error, reload: () => void refetch(), state, choose, undo: () => dispatch({ kind: "undo" }), retry };
}

type Dispatch = (event: Parameters<typeof judge>[1]) => void;

/** The round as the server last said it; a question that is still under way would bring back an older one. */
async function keepRound(client: QueryClient, round: Round): Promise<void> {
  await client.cancelQueries({ queryKey: roundQuery(round.id).queryKey });
  client.setQueryData(roundQuery(round.id).queryKey, round);
}

function dispatchNews(client: QueryClient, roundId: string, dispatch: Dispatch, news: News): void {
  if (news.kind === "changed" || news.entry.round !== roundId) return;
  const { comparison } = news.entry;
  if (news.kind === "delivered") {
    dispatch({ kind: "delivered", comparison, ranking: news.reply.ranking });
    void keepRound(client, news.reply.round);
  }
  if (news.kind === "refused") {
    const message = news.entry.trouble ?? "The server refused this answer.";
    dispatch({ kind: "refused", comparison, message, expired: news.entry.refusal?.code === EXPIRED });
    void client.invalidateQueries({ queryKey: roundQuery(roundId).queryKey });
  }
}

async function takeBack(client: QueryClient, ranking: number, dispatch: Dispatch): Promise<void> {
  try {
    const round = await call<Round>(`/api/rankings/${ranking}`, { method: "DELETE" });
    keepKarma(client, (old) => old - 1);
    await keepRound(client, round);
    dispatch({ kind: "undone", ranking, comparison: round.comparison?.id ?? null });
  } catch (error) {
    // The reply may have been lost on its way: look at what is true now.
    void client.invalidateQueries({ queryKey: ["round"] });
    dispatch({ kind: "undoFailed", message: sentenceOf(error), gone: error instanceof Refusal && error.status < 500 });
  }
}
