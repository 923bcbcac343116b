/** @file Says in words what the judging area is waiting for. */
import type { Round, RoundProgress } from "@pickapic/server/api";
import type { Judging } from "../round/judging.ts";

/** The text and the controls that are shown while no pair can be answered. */
export interface Waiting {
  /** One short sentence. */
  sentence: string;
  /** The progress of the pictures; null when the server does not know it. */
  progress: RoundProgress | null;
  /** True while pictures are being made, which can be cancelled. */
  mayCancel: boolean;
}

/**
 * What the page is waiting for; null when a pair can be answered, or when the round has failed, for which the page has its own message.
 * @param delayed whether sending the answer to the pair on screen has failed at least once
 */
export function waitingOf(
  { shown, verdict, confirmed, painted }: Judging,
  round: Round | undefined,
  delayed: boolean,
): Waiting | null {
  if (!round) return words("Looking for your pictures…");
  if (round.state === "failed") return null;
  if (verdict !== null && !confirmed) {
    if (verdict === "left-out") return words("Looking for another pair…");
    return words(delayed ? "Your answer is kept. The next pair comes when the server has it." : "Sending your answer…");
  }
  if (round.state === "generating")
    return { sentence: progressSentence(round.progress), progress: round.progress, mayCancel: true };
  const next = round.comparison?.id;
  if (next !== shown?.id || !painted) return words(shown ? "Loading the next pair…" : "Loading the two pictures…");
  return null;
}

function words(sentence: string): Waiting {
  return { sentence, progress: null, mayCancel: false };
}

/** One short sentence, e.g. "Painting picture 1 of 2 · about 3 s left". */
export function progressSentence({ done, total, etaMs, queuePosition }: RoundProgress): string {
  const left = etaMs === null ? "" : ` · ${remaining(etaMs)}`;
  if (queuePosition > 0) return `${queuePosition === 1 ? "1 picture is" : `${queuePosition} pictures are`} ahead of yours${left}`;
  const next = Math.min(done + 1, total);
  return total === 1 ? `Painting the next picture${left}` : `Painting picture ${next} of ${total}${left}`;
}

function remaining(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds <= 1) return "a moment left";
  return seconds < 90 ? `about ${seconds} s left` : `about ${Math.round(seconds / 60)} min left`;
}
