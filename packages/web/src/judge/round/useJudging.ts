/** @file Judging one round: joins the pure state with the round on the server, the outbox and the pictures. */
import type { Choice, Round } from "@pickapic/server/api";
import { useQueryClient } from "@tanstack/react-query";
import { useReducer } from "react";
import { useOutbox } from "../../outbox/context.tsx";
import { type Judging, judge, mayChoose, mayLeave, newJudging } from "./judging.ts";
import { usePainted } from "./painted.ts";
import { skipPair } from "./requests.ts";
import { useEarlierAnswer, useExpiredPictures, useOutboxNewsOfRound, useTakingBack } from "./roundEffects.ts";
import { usePreloadedPictures, useShownPair } from "./shownPair.ts";
import { type RoundFeed, useRoundFeed } from "./useRoundFeed.ts";

/** What the judging area shows and what can be done there. */
export interface JudgingHandle extends Pick<RoundFeed, "round" | "error" | "reload" | "retry" | "cancel"> {
  state: Judging;
  choose(choice: Choice): void;
  /** Another pair instead of an answer. */
  skip(): void;
  /** A picture of the pair was reported, and the server has replaced it. */
  reported(round: Round): void;
  undo(): void;
}

/**
 * Judges the round as the user `owner`, to whom its answers belong.
 * @param fastestAnswerMs how long a pair must have been on screen before a choice is taken, ms.
 */
export function useJudging(roundId: string, owner: string, fastestAnswerMs: number): JudgingHandle {
  const client = useQueryClient();
  const outbox = useOutbox();
  const feed = useRoundFeed(roundId);
  const { round, keep } = feed;
  const [state, dispatch] = useReducer(judge, newJudging);

  const preloader = useShownPair(round?.comparison ?? null, dispatch);
  usePreloadedPictures(preloader, round?.upcoming, state.shown !== null && state.shown.id === round?.comparison?.id);
  useEarlierAnswer(round?.lastRanking, dispatch);
  useOutboxNewsOfRound(roundId, keep, dispatch);
  useTakingBack(state.undoing, keep, dispatch);
  useExpiredPictures(round?.problem?.code, feed.retry);
  const stopwatch = usePainted(state.shown?.id ?? null, fastestAnswerMs, dispatch);

  const choose = (choice: Choice) => {
    const elapsedMs = stopwatch.elapsedMs();
    dispatch({ kind: "chosen", choice });
    if (!state.shown || !round || !mayChoose(state)) return;
    void outbox.add({ owner, round: roundId, comparison: state.shown.id, prompt: round.prompt, choice, elapsedMs });
  };
  const skip = () => {
    if (state.shown && mayLeave(state)) void skipPair(client, state.shown.id, dispatch);
  };
  const reported = (next: Round) => {
    void keep(next);
    if (state.shown && state.shown.id !== next.comparison?.id) dispatch({ kind: "leftOut", comparison: state.shown.id });
  };
  return { ...feed, state, choose, skip, reported, undo: () => dispatch({ kind: "undo" }) };
}
