/** @file Texts by code: a column of texts holds small integers, and each different text is stored once, as UTF-8. */

import { grown, release, zeros } from "./memory.ts";

/** Different texts, numbered 0 ... size - 1. */
export interface TextDictionary {
  readonly size: number;
  /** The dictionary that this one extends. Both have the same text for the same code, and no text has two codes. */
  readonly root?: TextDictionary;
  /** Set when all texts begin alike: `head` is the common beginning in UTF-8, and `base` has the rest of each text under the same code. */
  readonly prefixed?: { readonly head: Uint8Array; readonly base: TextDictionary };
  /** The text of a code. */
  text(code: number): string;
  /** Length of a text in UTF-8, bytes. */
  byteLength(code: number): number;
  /** Writes a text as UTF-8 at `at`; the caller has made room for `byteLength(code)` bytes. */
  write(code: number, target: Uint8Array, at: number): void;
  /** Sets lengths[i] to the length of the text of codes[i], bytes; to 0 where the code is negative. */
  byteLengths(codes: Int32Array, lengths: Int32Array): void;
  /** Writes the text of each codes[i] at starts[i], and nothing where the code is negative: `write` for many texts, in one loop. */
  writeEach(codes: Int32Array, target: Uint8Array, starts: Int32Array): void;
}

/** The members of a dictionary that suffice to copy all of its texts. */
export type CopiedTexts = Pick<TextDictionary, "size" | "byteLength" | "write">;

/** Selects texts of a dictionary: text i of the result is the text of codes[i]. */
export function chosenTexts(texts: CopiedTexts, codes: Int32Array): CopiedTexts {
  const codeOf = (i: number) => codes[i] ?? 0;
  return {
    size: codes.length,
    byteLength: (i) => texts.byteLength(codeOf(i)),
    write: (i, target, at) => texts.write(codeOf(i), target, at),
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The first capacity of a growing dictionary, in texts and in bytes. */
const FIRST_TEXTS = 1024;
const FIRST_BYTES = 16;

/** A hash of source[start ... end - 1], 32 bits. */
function hashOf(source: Uint8Array, start: number, end: number): number {
  let hash = 2166136261;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (source[i] ?? 0), 16777619);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Collects different texts. `codeOf` finds a text by its bytes, so that a text that is there already is never decoded. */
export class GrowingDictionary implements TextDictionary {
  #bytes = new Uint8Array(FIRST_TEXTS * FIRST_BYTES);
  /** Text i is bytes starts[i] ... starts[i + 1] - 1. */
  #starts = new Uint32Array(FIRST_TEXTS + 1);
  #hashes = new Uint32Array(FIRST_TEXTS);
  /** Open addressing: code + 1, or 0 for a free slot. Its length is a power of two and at least twice `size`. */
  #slots = new Int32Array(2 * FIRST_TEXTS);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The code of the text in source[start ... end - 1], which is added when it is new. */
  codeOf(source: Uint8Array, start: number, end: number): number {
    const hash = hashOf(source, start, end);
    const slot = this.#slotOf(source, start, end, hash);
    const code = (this.#slots[slot] ?? 0) - 1;
    return code < 0 ? this.#add(source, start, end, hash, slot) : code;
  }

  /** The code of the text in source[start ... end - 1]; -1 when it is not there. */
  find(source: Uint8Array, start: number, end: number): number {
    return (this.#slots[this.#slotOf(source, start, end, hashOf(source, start, end))] ?? 0) - 1;
  }

  /** The slot of a text: the one that holds its code, or the free one where it would stand. */
  #slotOf(source: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    if (slots.length === 0)
      throw new TypeError("a dictionary of texts: it was closed, so that no text can be looked up or added");
    const hashes = this.#hashes;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const code = (slots[slot] ?? 0) - 1;
      if (code < 0 || (hashes[code] === hash && this.#equals(code, source, start, end))) return slot;
    }
  }

  /** The code of a text, which is added when it is new. */
  codeOfText(text: string): number {
    const bytes = encoder.encode(text);
    return this.codeOf(bytes, 0, bytes.length);
  }

  /** Frees the memory that is only needed to look texts up and to add them, about half of all. Either throws TypeError afterwards. */
  closed(): this {
    const end = this.#starts[this.#size] ?? 0;
    this.#bytes = new Uint8Array(this.#bytes.buffer.transferToFixedLength(end));
    this.#starts = new Uint32Array(this.#starts.buffer.transferToFixedLength(4 * (this.#size + 1)));
    this.#hashes = new Uint32Array(this.#hashes.buffer.transferToFixedLength(0));
    this.#slots = new Int32Array(this.#slots.buffer.transferToFixedLength(0));
    return this;
  }

  /** Frees all memory. The dictionary cannot be used afterwards. */
  release(): void {
    for (const { buffer } of [this.#bytes, this.#starts, this.#hashes, this.#slots]) release(buffer);
  }

  text(code: number): string {
    return decoder.decode(this.#bytes.subarray(this.#starts[code], this.#starts[code + 1]));
  }

  byteLength(code: number): number {
    return (this.#starts[code + 1] ?? 0) - (this.#starts[code] ?? 0);
  }

  write(code: number, target: Uint8Array, at: number): void {
    const bytes = this.#bytes;
    const end = this.#starts[code + 1] ?? 0;
    for (let i = this.#starts[code] ?? 0, to = at; i < end; i++, to++) target[to] = bytes[i] ?? 0;
  }

  byteLengths(codes: Int32Array, lengths: Int32Array): void {
    const starts = this.#starts;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] ?? -1;
      lengths[i] = code < 0 ? 0 : (starts[code + 1] ?? 0) - (starts[code] ?? 0);
    }
  }

  writeEach(codes: Int32Array, target: Uint8Array, starts: Int32Array): void {
    const bytes = this.#bytes;
    const own = this.#starts;
    for (let i = 0; i < codes.length; i++) {
      const code = codes[i] ?? -1;
      if (code < 0) continue;
      const end = own[code + 1] ?? 0;
      for (let from = own[code] ?? 0, to = starts[i] ?? 0; from < end; from++, to++) target[to] = bytes[from] ?? 0;
    }
  }

  #equals(code: number, source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes;
    const from = this.#starts[code] ?? 0;
    if (this.byteLength(code) !== end - start) return false;
    for (let i = start, at = from; i < end; i++, at++) if (source[i] !== bytes[at]) return false;
    return true;
  }

  #add(source: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const code = this.#size++;
    const at = this.#starts[code] ?? 0;
    if (at + end - start > this.#bytes.length) this.#bytes = new Uint8Array(grown(this.#bytes.buffer, at + end - start));
    if (this.#size >= this.#hashes.length) {
      this.#hashes = new Uint32Array(grown(this.#hashes.buffer, 4 * this.#size));
      this.#starts = new Uint32Array(grown(this.#starts.buffer, 4 * (this.#size + 1)));
    }
    for (let i = start, to = at; i < end; i++, to++) this.#bytes[to] = source[i] ?? 0;
    this.#starts[code + 1] = at + end - start;
    this.#hashes[code] = hash;
    this.#slots[slot] = code + 1;
    if (2 * this.#size > this.#slots.length) this.#spread();
    return code;
  }

  /** Doubles the slots. */
  #spread(): void {
    const slots = new Int32Array(zeros(2 * this.#slots.byteLength));
    const mask = slots.length - 1;
    for (let code = 0; code < this.#size; code++) {
      let slot = (this.#hashes[code] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    release(this.#slots.buffer);
    this.#slots = slots;
  }
}

/** All texts of a dictionary in one array, in UTF-8: text i is bytes starts[i] ... starts[i + 1] - 1. */
export function packedTexts(texts: CopiedTexts): { bytes: Uint8Array<ArrayBuffer>; starts: Uint32Array<ArrayBuffer> } {
  const starts = new Uint32Array(zeros(4 * (texts.size + 1)));
  for (let code = 0; code < texts.size; code++) starts[code + 1] = (starts[code] ?? 0) + texts.byteLength(code);
  const bytes = new Uint8Array(zeros(starts[texts.size] ?? 0));
  for (let code = 0; code < texts.size; code++) texts.write(code, bytes, starts[code] ?? 0);
  return { bytes, starts };
}
