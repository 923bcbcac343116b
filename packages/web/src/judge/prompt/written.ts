/** @file Restores a prompt as the person wrote it, with its negative prompt in brackets. */
import type { DEFAULT_NEGATIVE_PROMPT, Round } from "@pickapic/server/api";

/**
 * The default negative prompt. Its type is the text in the server's contract, so that another text does not compile. Importing the value would add
 * the server's schemas to the scripts of the page.
 */
const DEFAULT: typeof DEFAULT_NEGATIVE_PROMPT = "white border, wall view, ugly, deformed, noisy, blurry, distorted, grainy";

type Prompts = Pick<Round, "prompt" | "negativePrompt">;

/** The negative prompt that the person wrote; null when they wrote none and the default is used. */
export function ownNegativePrompt({ negativePrompt }: Prompts): string | null {
  return negativePrompt === DEFAULT || negativePrompt === "" ? null : negativePrompt;
}

/** The text to edit: the prompt, with its negative prompt in brackets as it was typed. */
export function writtenPrompt(round: Prompts): string {
  const negative = ownNegativePrompt(round);
  return negative === null ? round.prompt : `${round.prompt} [${negative}]`;
}
