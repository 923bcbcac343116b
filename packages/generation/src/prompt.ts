/** @file Turns what a person typed into a prompt and a negative prompt, or refuses it with a sentence that says why. */

import { GenerationError } from "./errors.ts";

/** A prompt that was accepted, and what the image must not show. Both are plain text without runs of blanks. */
export interface ParsedPrompt {
  prompt: string;
  negativePrompt: string;
}

/** The negative prompt of the original app when the user gave none. */
export const GENERATION_DEFAULT_NEGATIVE_PROMPT = "white border, wall view, ugly, deformed, noisy, blurry, distorted, grainy";

/** In characters (code points), including the negative prompt. CLIP reads about 300 of them. */
export const GENERATION_PROMPT_LIMIT = 1000;

// The first [...], as in the original app. A bracket that is never closed is ordinary text.
const NEGATIVE = /\[([^[\]]*)\]/;
// Control characters and marks that reverse the reading direction; both are refused. Tab, line feed and carriage return, which
// come with pasting, count as blanks.
const CONTROL = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
const INVISIBLE = /[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
// Commands to backends: <lora:name:0.8>, <sd_cpp_extra_args>{...}</sd_cpp_extra_args> and the like. "<3" and "a < b" are allowed.
const CONTROL_SYNTAX = /<\s*\/?\s*(?:[a-z_][^<>]*>|\w+\s*:|sd_cpp)/i;

/** The characters of INVISIBLE as ranges, for programs whose regular expressions know no properties of characters. */
const INVISIBLE_RANGES =
  "\\u0000-\\u0020\\u007f-\\u00a0\\u00ad\\u034f\\u0600-\\u0605\\u061c\\u06dd\\u070f\\u0890\\u0891\\u08e2\\u115f\\u1160\\u1680\\u17b4\\u17b5\\u180b-\\u180f\\u2000-\\u200f\\u2028-\\u202f" +
  "\\u205f-\\u206f\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\u{110bd}\u{110cd}\u{13430}-\u{1343f}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}";

/**
 * What parsePrompt accepts as one regular expression without flags but "u", for a JSON schema (its other bound is the length):
 * well-formed Unicode with something visible outside of the first [...], no control syntax, no control characters but blanks.
 */
export const GENERATION_PROMPT_PATTERN = [
  `^(?![${INVISIBLE_RANGES}]*(?:\\[[^\\[\\]]*\\][${INVISIBLE_RANGES}]*)?$)`,
  "(?![\\s\\S]*<\\s*/?\\s*(?:[A-Za-z_][^<>]*>|[A-Za-z0-9_]+\\s*:|[Ss][Dd]_[Cc][Pp][Pp]))",
  "[^\\u0000-\\u0008\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*$",
].join("");

/**
 * Splits typed text into prompt and negative prompt. The first `[...]` is the negative prompt; without one, or with an empty one,
 * the default is used. Runs of blanks become one; quotes, brackets and punctuation are preserved.
 * @throws GenerationError PICKAPIC_PROMPT_*: empty, too long, control characters, commands to backends
 */
export function parsePrompt(raw: string): ParsedPrompt {
  checkLength(raw);
  const text = squeeze(raw);
  checkCharacters(text);
  checkSyntax(text);
  const negative = NEGATIVE.exec(text);
  const prompt = negative ? squeeze(text.replace(negative[0], () => " ")) : text;
  const own = squeeze(negative?.[1] ?? "");
  const negativePrompt = visible(own) ? own : GENERATION_DEFAULT_NEGATIVE_PROMPT;
  // Once the negative prompt is taken out, the rest may begin with the sign of a command.
  checkSyntax(prompt);
  if (!visible(prompt)) throw new GenerationError("PICKAPIC_PROMPT_EMPTY", negative === null);
  return { prompt, negativePrompt };
}

function squeeze(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function visible(text: string): boolean {
  return text.replace(INVISIBLE, "") !== "";
}

function checkLength(raw: string): void {
  let length = 0;
  for (const _character of raw) length++;
  if (length <= GENERATION_PROMPT_LIMIT) return;
  throw new GenerationError("PICKAPIC_PROMPT_TOO_LONG", GENERATION_PROMPT_LIMIT, length);
}

function checkCharacters(text: string): void {
  if (!text.isWellFormed())
    throw new GenerationError("PICKAPIC_PROMPT_CONTROL_CHARACTERS", "half of a character (a lone surrogate)");
  const found = CONTROL.exec(text)?.[0];
  if (found === undefined) return;
  const code = found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  throw new GenerationError("PICKAPIC_PROMPT_CONTROL_CHARACTERS", `a control character (U+${code})`);
}

function checkSyntax(text: string): void {
  const found = CONTROL_SYNTAX.exec(text)?.[0];
  if (found === undefined) return;
  const shown = found.length > 40 ? `${found.slice(0, 40)}…` : found;
  throw new GenerationError("PICKAPIC_PROMPT_CONTROL_SYNTAX", shown);
}
