/** @file How long a prompt is, counted as the server counts. */
import type { PROMPT_MAX_CHARACTERS } from "@pickapic/server/api";

/** The longest prompt, in characters (code points). The type is the number of the contract itself. */
export const LONGEST_PROMPT: typeof PROMPT_MAX_CHARACTERS = 1_000;

/** From so few left on, a screen reader is told, and the counter stands out. */
const NEARLY_FULL = 100;

const whole = new Intl.NumberFormat("en");

/** What the counter of a prompt shows and says. */
export interface Count {
  /** "12 / 1,000" */
  text: string;
  /** One sentence; empty while there is plenty of room. */
  warning: string;
  tooLong: boolean;
}

/** Counts code points, as the server does: an emoji is one or a few, never two halves. */
export function countOf(prompt: string): Count {
  const length = [...prompt].length;
  const left = LONGEST_PROMPT - length;
  const text = `${whole.format(length)} / ${whole.format(LONGEST_PROMPT)}`;
  if (left < 0) return { text, warning: `${characters(-left)} too many: please shorten the prompt.`, tooLong: true };
  return { text, warning: left < NEARLY_FULL ? `${characters(left)} left.` : "", tooLong: false };
}

function characters(count: number): string {
  return `${whole.format(count)} character${count === 1 ? "" : "s"}`;
}
