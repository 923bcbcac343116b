/** @file What a screen reader announces during judging: each change once, in a few words. */
import type { Round } from "@pickapic/server/api";
import { progressSentence } from "./pair/waiting.ts";
import type { Judging, Verdict } from "./round/judging.ts";

const said: Record<Verdict, string> = {
  left: "Left picture picked.",
  right: "Right picture picked.",
  tie: "Equally good.",
  "left-out": "This pair is left out.",
};

/** The text that a screen reader announces. It leaves out the time that is left, which would be announced every second. */
export function announcement(state: Judging, round: Round | undefined): string {
  if (state.undoing !== null || state.undoWanted) return "Taking the last answer back.";
  if (state.verdict) return said[state.verdict];
  if (state.shown) return `Pair ${state.pairs} is ready: which picture is better?`;
  return round ? progressSentence({ ...round.progress, etaMs: null, queuePosition: 0 }) : "Loading.";
}
