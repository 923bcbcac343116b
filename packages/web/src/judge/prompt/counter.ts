/** @file Counts the characters of a prompt as the server does. */
import type { PROMPT_MAX_CHARACTERS } from "@pickapic/server/api";

/** The longest prompt, in characters (code points). Its type is the number in the server's contract, so that another number does not compile. */
export const LONGEST_PROMPT: typeof PROMPT_MAX_CHARACTERS = 1_000;

/** With fewer characters left than this, the counter stands out and a screen reader announces it. */
const NEARLY_FULL = 100;

const whole = new Intl.NumberFormat("en");

/** The text and the warning of the counter below a prompt. */
export interface Count {
  /** "12 / 1,000" */
  text: string;
  /** One sentence; empty while there is plenty of room. */
  warning: string;
  tooLong: boolean;
}

/** Counts code points, as the server does, so that half of an emoji is never counted. */
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
