/** @file The five-letter pieces of a text, each once, and how many of them two texts share. Exact: hashes only find pieces, letters compare them. */

import type { Letters } from "./letters.ts";

/** Letters of a piece, as UTF-16 code units. A shorter text is one piece. */
const LETTERS = 5;

/** Spreads the bits of a number over all 32 (the finalizer of MurmurHash3). */
export function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Positions of a text of so many letters at which a piece starts: one at least. */
const positionsOf = (letters: number): number => Math.max(1, letters - LETTERS + 1);

/** The hash of the piece that starts at `start`, in a text that ends before `end`. */
function hashAt(units: Uint16Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  const last = Math.min(end, start + LETTERS);
  for (let i = start; i < last; i++) hash = Math.imul(hash ^ (units[i] ?? 0), 0x01000193);
  return mix(hash);
}

/** The different pieces of one text at a time. Its memory is used again for the next text. */
class Pieces {
  /** The 32-bit hashes of the pieces of the loaded text: the first `size` of them. Two different pieces may have one hash; both are there. */
  hashes = new Uint32Array(256);
  /** How many different pieces the loaded text has. */
  size = 0;
  readonly #units: Uint16Array;
  /** The end of the loaded text. */
  #end = 0;
  /** Open addressing: index of a piece + 1, or 0. Its length is a power of two and at least twice `size`. */
  #slots = new Int32Array(1024);
  /** Where each piece starts. */
  #starts = new Int32Array(256);
  /** The call of `areAlike` that found a piece last. */
  #foundBy = new Int32Array(256);
  #call = 0;

  /** @param units the letters of all texts */
  constructor(units: Uint16Array) {
    this.#units = units;
  }

  /** Takes the pieces of the text first ... end - 1, and returns how many different ones there are. */
  load(first: number, end: number): number {
    const positions = positionsOf(end - first);
    this.#makeRoom(positions);
    this.#end = end;
    this.size = 0;
    for (let start = first; start < first + positions; start++) {
      const hash = hashAt(this.#units, start, end);
      const slot = this.#slotOf(start, end, hash);
      if (this.#slots[slot] !== 0) continue;
      this.hashes[this.size] = hash;
      this.#starts[this.size] = start;
      this.#slots[slot] = ++this.size;
    }
    return this.size;
  }

  /**
   * Whether the Jaccard similarity of the loaded text and another one, first ... end - 1, is at least `least`.
   * @param size how many different pieces the other has
   */
  areAlike(first: number, end: number, size: number, least: number): boolean {
    const needed = sharedNeeded(this.size, size, least);
    const positions = positionsOf(end - first);
    this.#call++;
    let shared = 0;
    // As many positions as are left can still add one each, so that most texts that are not alike are told apart early.
    for (let i = 0; i < positions && shared + positions - i >= needed; i++) {
      const piece = (this.#slots[this.#slotOf(first + i, end, hashAt(this.#units, first + i, end))] ?? 0) - 1;
      if (piece < 0 || this.#foundBy[piece] === this.#call) continue;
      this.#foundBy[piece] = this.#call;
      shared++;
    }
    return shared >= needed;
  }

  /** The slot of the piece at `start` of a text that ends before `end`: the one that holds it, or the free one where it would stand. */
  #slotOf(start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const piece = (slots[slot] ?? 0) - 1;
      if (piece < 0) return slot;
      if (this.hashes[piece] === hash && this.#isSame(piece, start, end)) return slot;
    }
  }

  /** Whether a piece of the loaded text is the one at `start` of a text that ends before `end`. */
  #isSame(piece: number, start: number, end: number): boolean {
    const first = this.#starts[piece] ?? 0;
    const length = Math.min(LETTERS, this.#end - first);
    if (length !== Math.min(LETTERS, end - start)) return false;
    for (let i = 0; i < length; i++) if (this.#units[first + i] !== this.#units[start + i]) return false;
    return true;
  }

  #makeRoom(positions: number): void {
    if (positions <= this.hashes.length) {
      this.#slots.fill(0);
      return;
    }
    const room = 2 ** Math.ceil(Math.log2(positions));
    this.hashes = new Uint32Array(room);
    this.#starts = new Int32Array(room);
    this.#foundBy = new Int32Array(room);
    this.#slots = new Int32Array(4 * room);
  }
}

/** A margin against rounding: 0.9 x 10 must not become 10 pieces. */
const MARGIN = 1e-9;

/** The fewest shared pieces with which sets of `a` and `b` pieces have a Jaccard similarity of at least `least`: shared/(a + b - shared) >= least. */
export function sharedNeeded(a: number, b: number, least: number): number {
  return Math.ceil((least / (1 + least)) * (a + b) - MARGIN);
}

/** The fewest pieces that a set must have to be alike one of `size` pieces. */
export function smallestAlike(size: number, least: number): number {
  return Math.max(1, Math.ceil(least * size - MARGIN));
}

/** Words of 32 bits of a text's bitmap for each 24 pieces by which alike texts may differ. */
const BITMAP_WORDS = 4;

/** Bits of a number that are set. */
function bitsIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The pieces of texts: how many each has, and which two texts are alike. Only sizes and bitmaps are stored; pieces are found again when needed. */
export class PieceSets {
  /** The pieces of the text that was loaded last. */
  readonly pieces: Pieces;
  /** How many different pieces each text has. */
  readonly sizes: Int32Array;
  /** A key of all pieces of each text: equal for texts with the same pieces. */
  readonly wholeKeys: Uint32Array;
  readonly least: number;
  readonly #texts: Letters;
  readonly #words: number;
  /** For each text and bit, whether an odd number of its pieces have that bit: two texts differ in at least as many pieces as bits. */
  readonly #bitmaps: Uint32Array;
  /** In how many pieces two alike texts may differ, by the number of pieces of both together. */
  readonly #allowed: Int32Array;

  /** @param least the least Jaccard similarity of texts that are alike, above 0, at most 1 */
  constructor(texts: Letters, least: number) {
    this.#texts = texts;
    this.pieces = new Pieces(texts.units);
    this.least = least;
    let longest = 1;
    for (let i = 0; i < texts.size; i++)
      longest = Math.max(longest, positionsOf((texts.starts[i + 1] ?? 0) - (texts.starts[i] ?? 0)));
    this.#words = BITMAP_WORDS * Math.max(1, Math.ceil(((1 - least) / (1 + least)) * (longest / 12)));
    this.#bitmaps = new Uint32Array(texts.size * this.#words);
    this.sizes = new Int32Array(texts.size);
    this.wholeKeys = new Uint32Array(texts.size);
    for (let i = 0; i < texts.size; i++) this.#describe(i);
    this.#allowed = Int32Array.from({ length: 2 * longest + 1 }, (_, both) => both - 2 * sharedNeeded(both, 0, least));
  }

  /** Notes size, key and bitmap of a text, for all of which its pieces are found once. */
  #describe(text: number): void {
    const size = this.load(text);
    const { hashes } = this.pieces;
    const first = text * this.#words;
    let key = 0;
    for (let i = 0; i < size; i++) {
      const hash = hashes[i] ?? 0;
      key += mix(hash ^ 0x5bd1e995);
      const bit = mix(hash ^ 0x27d4eb2f);
      const word = first + ((bit >>> 5) % this.#words);
      this.#bitmaps[word] = (this.#bitmaps[word] ?? 0) ^ (1 << (bit & 31));
    }
    this.sizes[text] = size;
    this.wholeKeys[text] = key;
  }

  /** Loads the pieces of a text, and returns how many there are. */
  readonly load = (text: number): number => this.pieces.load(this.#texts.starts[text] ?? 0, this.#texts.starts[text + 1] ?? 0);

  /** False when two texts cannot be alike, by their sizes and bitmaps. */
  mayBeAlike(a: number, b: number): boolean {
    const sizeA = this.sizes[a] ?? 0;
    const sizeB = this.sizes[b] ?? 0;
    let allowed = this.#allowed[sizeA + sizeB] ?? 0;
    if (Math.abs(sizeA - sizeB) > allowed) return false;
    const words = this.#words;
    const bitmaps = this.#bitmaps;
    for (let word = 0, atA = a * words, atB = b * words; word < words && allowed >= 0; word++, atA++, atB++)
      allowed -= bitsIn((bitmaps[atA] ?? 0) ^ (bitmaps[atB] ?? 0));
    return allowed >= 0;
  }

  /** Whether two texts are alike, exactly. The pieces of `a` are loaded then. */
  areAlike(a: number, b: number): boolean {
    this.load(a);
    return this.#isLoadedAlike(b, this.least);
  }

  /** Whether two texts have the same pieces. */
  hasSamePieces(a: number, b: number): boolean {
    this.load(a);
    return this.sizes[a] === this.sizes[b] && this.#isLoadedAlike(b, 1);
  }

  #isLoadedAlike(text: number, least: number): boolean {
    const { starts } = this.#texts;
    return this.pieces.areAlike(starts[text] ?? 0, starts[text + 1] ?? 0, this.sizes[text] ?? 0, least);
  }
}
