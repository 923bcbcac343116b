/** @file Texts and records of a bounded length, in the bodies of requests. */
import { z } from "zod";

/** The longest prompt, in characters (code points): the same number as in @pickapic/generation, which this file must not import. */
export const PROMPT_MAX_CHARACTERS = 1_000;

/** Matches text that PostgreSQL can store: without the character 0 and without unpaired surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the character 0 is what it refuses
const STORABLE = /^[^\u0000\ud800-\udfff]*$/u;

/** Returns the schema of a text of at most `max` characters. Characters are code points, as in JSON Schema; zod's own `max` counts UTF-16 units. */
export function textUpTo(max: number) {
  return (
    z
      .string()
      .regex(STORABLE, { error: "Not storable: expected text without the character 0 and without halves of characters" })
      .refine((text) => [...text].length <= max, { error: `Too long: expected at most ${max} characters` })
      // The pattern does not mention unpaired surrogates: UTF-8 can contain them only as escapes, and not all programs accept them in patterns.
      .meta({ maxLength: max, pattern: "^[^\\u0000]*$" })
  );
}

/** Returns the schema of a record of at most `max` entries, whose names consist of letters, digits and underscores. */
export function recordUpTo<T extends z.ZodType>(max: number, value: T) {
  return z
    .record(z.string().regex(/^[A-Za-z0-9_]{1,40}$/), value)
    .refine((record) => Object.keys(record).length <= max, { error: `Too big: expected at most ${max} entries` })
    .meta({ maxProperties: max });
}
