/** @file Which prompts are so alike that they must not stand in two splits: equal after folding, or near-duplicates. */

import { GrowingDictionary } from "../columns/dictionary.ts";
import { release, zeros } from "../columns/memory.ts";
import { joinAlike } from "./alike.ts";
import { Families } from "./families.ts";
import { type Letters, writeUnits } from "./letters.ts";

/** Prompts of this similarity or more stay in one split, unless a caller names another. */
export const NEAR_DUPLICATE = 0.9;

/** Returns a prompt without differences that readers hardly see: compatibility forms (NFKC), case, and spaces at the ends or in a row. */
export function foldPrompt(prompt: string): string {
  // Upper case first, because some letters become equal only in upper case: ß and ss, final and other sigma.
  return spaced(prompt.normalize("NFKC").toUpperCase().toLowerCase().normalize("NFKC"));
}

const spaced = (text: string): string => text.trim().replace(/\s+/gu, " ");

/** Texts in UTF-8, in one array: text i is bytes starts[i] ... starts[i + 1] - 1. `textFamilies` frees their memory. */
export interface PackedTexts {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly starts: Uint32Array<ArrayBuffer>;
}

/** The families of prompts that are strings; see `textFamilies`. */
export function promptFamilies(prompts: readonly string[], least = NEAR_DUPLICATE): Families {
  const encoded = prompts.map((prompt) => Buffer.from(prompt));
  const starts = new Uint32Array(prompts.length + 1);
  for (const [i, { length }] of encoded.entries()) starts[i + 1] = (starts[i] ?? 0) + length;
  return textFamilies({ bytes: new Uint8Array(Buffer.concat(encoded)), starts }, least);
}

/**
 * Joins prompts that must stay together: those that are equal after folding, and those whose five-letter pieces have a Jaccard
 * similarity of at least `least`, directly or through others. No such pair is missed, and no other is joined, unless the prompts would
 * need more comparisons than `joinAlike` makes: then more are joined, never fewer.
 * @param packed the prompts; their memory is freed as soon as they are folded
 * @param least 0...1; above 1 only equal prompts are joined
 */
export function textFamilies(packed: PackedTexts, least: number): Families {
  const { bytes, starts } = packed;
  const families = new Families(starts.length - 1);
  const folded = new FoldedTexts();
  /** The first member of each folded text. */
  const members: number[] = [];
  for (let i = 0; i < families.size; i++) {
    const code = folded.add(bytes, starts[i] ?? 0, starts[i + 1] ?? 0);
    if (code === members.length) members.push(i);
    else families.join(members[code] ?? 0, i);
  }
  for (const { buffer } of [bytes, starts]) release(buffer);
  if (least > 1) return families;
  const joined = new Families(members.length);
  if (least > 0) joinAlike(folded.letters(), least, joined);
  for (const [i, member] of members.entries()) families.join(members[least > 0 ? joined.find(i) : 0] ?? 0, member);
  return families;
}

const SPACE = 32;
/** The last printable character of ASCII. */
const TILDE = 126;
const CASE = 32;
const [A, Z] = [65, 90];

/** The different prompts that are left after folding, as UTF-8. */
class FoldedTexts {
  readonly #texts = new GrowingDictionary();
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  #room = new Uint8Array(1024);

  /** Folds the text of bytes[start ... end - 1] and returns its number; equal folded texts have the same number. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const length = this.#foldPlain(bytes, start, end);
    if (length >= 0) return this.#texts.codeOf(this.#room, 0, length);
    const folded = this.#encoder.encode(foldPrompt(this.#decoder.decode(bytes.subarray(start, end))));
    return this.#texts.codeOf(folded, 0, folded.length);
  }

  /** Folds a text of printable ASCII, where only case and spaces need folding, into `#room` and returns its length; -1 for any other text. */
  #foldPlain(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > this.#room.length) this.#room = new Uint8Array(2 * (end - start));
    const room = this.#room;
    let length = 0;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte < SPACE || byte > TILDE) return -1;
      if (byte === SPACE && (length === 0 || room[length - 1] === SPACE)) continue;
      room[length++] = byte >= A && byte <= Z ? byte + CASE : byte;
    }
    return length > 0 && room[length - 1] === SPACE ? length - 1 : length;
  }

  /** Returns the folded texts in the order of their numbers, and frees them here. */
  letters(): Letters {
    const texts = this.#texts.closed();
    const { size } = texts;
    const starts = new Uint32Array(size + 1);
    let bytes = 0;
    for (let code = 0; code < size; code++) bytes += texts.byteLength(code);
    // A text has no more units in UTF-16 than bytes in UTF-8.
    const units = new Uint16Array(zeros(2 * bytes));
    for (let code = 0; code < size; code++)
      starts[code + 1] = (starts[code] ?? 0) + this.#writeUnits(code, units, starts[code] ?? 0);
    texts.release();
    return { size, units: units.subarray(0, starts[size]), starts };
  }

  /** Writes the code units of a text at `at`, and returns how many they are. */
  #writeUnits(code: number, units: Uint16Array, at: number): number {
    const length = this.#texts.byteLength(code);
    if (length > this.#room.length) this.#room = new Uint8Array(2 * length);
    const room = this.#room;
    this.#texts.write(code, room, 0);
    let every = 0;
    for (let i = 0; i < length; i++) {
      const byte = room[i] ?? 0;
      units[at + i] = byte;
      every |= byte;
    }
    if (every < 128) return length;
    const text = this.#texts.text(code);
    writeUnits(text, units, at);
    return text.length;
  }
}
