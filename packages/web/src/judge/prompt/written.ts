/** @file A prompt as the person wrote it. */
import type { DEFAULT_NEGATIVE_PROMPT, Round } from "@pickapic/server/api";

/** The type is the text of the contract itself: another text would not compile. Importing the value would bring the schemas along. */
const DEFAULT: typeof DEFAULT_NEGATIVE_PROMPT = "white border, wall view, ugly, deformed, noisy, blurry, distorted, grainy";

type Prompts = Pick<Round, "prompt" | "negativePrompt">;

/** What the person does not want to see; null when the prompt said nothing of that, and the default stands. */
export function ownNegativePrompt({ negativePrompt }: Prompts): string | null {
  return negativePrompt === DEFAULT || negativePrompt === "" ? null : negativePrompt;
}

/** The prompt to edit: with its negative prompt in brackets, as it was typed. */
export function writtenPrompt(round: Prompts): string {
  const negative = ownNegativePrompt(round);
  return negative === null ? round.prompt : `${round.prompt} [${negative}]`;
}
