/** @file Which prompts are so alike that they must not stand in two splits: equal after folding, or near-duplicates. */

import { joinAlike } from "./alike.ts";
import { Families } from "./families.ts";

/** Prompts of this similarity or more stay in one split, unless a caller names another. */
export const NEAR_DUPLICATE = 0.9;

/** A prompt without what hardly anybody sees: compatibility forms (NFKC), case, and spaces at the ends or in a row. */
export function foldPrompt(prompt: string): string {
  if (PLAIN.test(prompt)) return spaced(prompt.toLowerCase());
  // Upper case first, because some letters meet only there: ß and ss, final and other sigma.
  return spaced(prompt.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC"));
}

/** Only characters of ASCII, which have no other form than their case. */
const PLAIN = /^[\x20-\x7e]*$/;

const spaced = (text: string): string => text.trim().replace(/\s+/gu, " ");

/**
 * Joins prompts that must stay together: those that are equal after folding, and those whose five-letter pieces have a Jaccard
 * similarity of at least `least`, directly or through others. No such pair is missed, and no other is joined, unless the prompts would
 * need more comparisons than `joinAlike` makes: then more are joined, never fewer.
 * @param least 0...1; above 1 only equal prompts are joined
 */
export function promptFamilies(prompts: readonly string[], least = NEAR_DUPLICATE): Families {
  const families = new Families(prompts.length);
  const firstOf = new Map<string, number>();
  for (const [i, prompt] of prompts.entries()) {
    const text = foldPrompt(prompt);
    const first = firstOf.get(text);
    if (first === undefined) firstOf.set(text, i);
    else families.join(first, i);
  }
  if (least > 1) return families;
  const members = [...firstOf.values()];
  const joined = new Families(members.length);
  if (least > 0) joinAlike([...firstOf.keys()], least, joined);
  for (const [i, member] of members.entries()) families.join(members[least > 0 ? joined.find(i) : 0] ?? 0, member);
  return families;
}
