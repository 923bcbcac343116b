/** @file Follows a round until its next pair is ready. */
import type { Round } from "@pickapic/server/api";
import { type WatchEffects, watchInBrowser, watchState } from "../../http/watchState.ts";

/** Calls `onRound` with each new state of the round until it is no longer "generating". Returns a function that stops it earlier. */
export function watchRound(
  id: string,
  onRound: (round: Round) => void,
  effects: WatchEffects<Round> = watchInBrowser,
): () => void {
  return watchState(`/api/rounds/${id}`, ({ state }) => state === "generating", onRound, effects);
}
