/** @file Judges one round: connects the state of judging with the server, the outbox and the pictures. */
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

/** The state that the judging area shows, and its actions. */
export interface JudgingHandle extends Pick<RoundFeed, "round" | "error" | "reload" | "retry" | "cancel"> {
  state: Judging;
  choose(choice: Choice): void;
  /** Leaves the pair without an answer and asks for another. */
  skip(): void;
  /** Takes the round after a picture of the pair was reported: the server has replaced the pair. */
  reported(round: Round): void;
  undo(): void;
}

/**
 * Judges a round. Its answers belong to the user `owner`.
 * @param fastestAnswerMs a choice earlier than this after the pair was painted does not count, in ms
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
