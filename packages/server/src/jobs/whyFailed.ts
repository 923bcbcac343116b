/** @file Why the generation of an image failed, for the person who waits: in words that name neither the model nor its server. */
import { codeOf } from "@pickapic/errors";

/** Error codes after which trying again at once cannot help: something has to be set up differently, or a limit is used up. */
const FINAL: ReadonlySet<string> = new Set([
  "PICKAPIC_BACKEND_REFUSED",
  "PICKAPIC_BACKEND_PROMPT",
  "PICKAPIC_BACKEND_REDIRECT",
  "PICKAPIC_MODEL_SPENT",
  "PICKAPIC_MODEL_UNKNOWN",
  // A scorer that failed would fail again, and every try pays for the images that it scores.
  "PICKAPIC_RANKED_SCORER",
  "PICKAPIC_RANKED_SCORER_NONE",
  "PICKAPIC_JUDGE_SCORER_FAILED",
]);

const WORDS: ReadonlyMap<string, string> = new Map([
  ["PICKAPIC_BACKEND_UNREACHABLE", "it cannot be reached"],
  ["PICKAPIC_BACKEND_TIMEOUT", "it did not answer in time"],
  ["PICKAPIC_BACKEND_BUSY", "it has too much to do now"],
  ["PICKAPIC_BACKEND_RESTING", "it failed several times in a row"],
  ["PICKAPIC_BACKEND_REFUSED", "it refused the request"],
  ["PICKAPIC_BACKEND_PROMPT", "it does not draw this prompt, but may draw another one"],
  ["PICKAPIC_BACKEND_REDIRECT", "it is set up wrongly"],
  ["PICKAPIC_BACKEND_REPLY", "it sent something that is no picture"],
  ["PICKAPIC_BACKEND_TOO_LARGE", "it sent something that is no picture"],
  ["PICKAPIC_BACKEND_PICTURE", "it sent a broken picture"],
  ["PICKAPIC_RANKED_SCORER", "it is set up wrongly"],
  ["PICKAPIC_RANKED_SCORER_NONE", "it is set up wrongly"],
  ["PICKAPIC_JUDGE_SCORER_FAILED", "its pictures could not be scored"],
]);

/** True when the same image may succeed if it is tried again. */
export function isWorthTrying(error: unknown): boolean {
  return !FINAL.has(codeOf(error) ?? "");
}

/** True for a failure that took as long as a model may take. Another try may take as long again while a person waits. */
export const isSlow = (error: unknown): boolean => codeOf(error) === "PICKAPIC_BACKEND_TIMEOUT";

/** Returns a clause such as "it did not answer in time"; an empty text when nothing is known that a person could use. */
export function whyFailed(error: unknown): string {
  return WORDS.get(codeOf(error) ?? "") ?? "";
}
