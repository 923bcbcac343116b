/** @file The five-letter pieces of a text, each once, and how many of them two texts share. Exact: hashes only find pieces, letters compare them. */

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

/** Positions of a text at which a piece starts: one at least. */
const positionsOf = (text: string): number => Math.max(1, text.length - LETTERS + 1);

function hashAt(text: string, start: number): number {
  let hash = 0x811c9dc5;
  const end = Math.min(text.length, start + LETTERS);
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

function isSamePiece(a: string, startA: number, b: string, startB: number): boolean {
  const length = Math.min(LETTERS, a.length - startA);
  if (length !== Math.min(LETTERS, b.length - startB)) return false;
  for (let i = 0; i < length; i++) if (a.charCodeAt(startA + i) !== b.charCodeAt(startB + i)) return false;
  return true;
}

/** The different pieces of one text at a time. Its memory is used again for the next text. */
class Pieces {
  /** The 32-bit hashes of the pieces of the loaded text: the first `size` of them. Two different pieces may have one hash; both are there. */
  hashes = new Uint32Array(256);
  /** How many different pieces the loaded text has. */
  size = 0;
  #text = "";
  /** Open addressing: index of a piece + 1, or 0. Its length is a power of two and at least twice `size`. */
  #slots = new Int32Array(1024);
  /** Where each piece starts in the text. */
  #starts = new Int32Array(256);
  /** The call of `areAlike` that found a piece last. */
  #foundBy = new Int32Array(256);
  #call = 0;

  /** Takes the pieces of a text, and returns how many different ones there are. */
  load(text: string): number {
    const positions = positionsOf(text);
    this.#makeRoom(positions);
    this.#text = text;
    this.size = 0;
    for (let start = 0; start < positions; start++) {
      const hash = hashAt(text, start);
      const slot = this.#slotOf(text, start, hash);
      if (this.#slots[slot] !== 0) continue;
      this.hashes[this.size] = hash;
      this.#starts[this.size] = start;
      this.#slots[slot] = ++this.size;
    }
    return this.size;
  }

  /**
   * Whether the Jaccard similarity of the loaded text and another is at least `least`.
   * @param size how many different pieces the other has
   */
  areAlike(other: string, size: number, least: number): boolean {
    const needed = sharedNeeded(this.size, size, least);
    const positions = positionsOf(other);
    this.#call++;
    let shared = 0;
    // As many positions as are left can still add one each, so that most texts that are not alike are told apart early.
    for (let start = 0; start < positions && shared + positions - start >= needed; start++) {
      const piece = (this.#slots[this.#slotOf(other, start, hashAt(other, start))] ?? 0) - 1;
      if (piece < 0 || this.#foundBy[piece] === this.#call) continue;
      this.#foundBy[piece] = this.#call;
      shared++;
    }
    return shared >= needed;
  }

  /** The slot of a piece of `text`: the one that holds it, or the free one where it would stand. */
  #slotOf(text: string, start: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const piece = (slots[slot] ?? 0) - 1;
      if (piece < 0) return slot;
      if (this.hashes[piece] === hash && isSamePiece(this.#text, this.#starts[piece] ?? 0, text, start)) return slot;
    }
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
  readonly pieces = new Pieces();
  /** How many different pieces each text has. */
  readonly sizes: Int32Array;
  /** A key of all pieces of each text: equal for texts with the same pieces. */
  readonly wholeKeys: Uint32Array;
  readonly least: number;
  readonly #texts: readonly string[];
  readonly #words: number;
  /** For each text and bit, whether an odd number of its pieces have that bit: two texts differ in at least as many pieces as bits. */
  readonly #bitmaps: Uint32Array;
  /** In how many pieces two alike texts may differ, by the number of pieces of both together. */
  readonly #allowed: Int32Array;

  /** @param least the least Jaccard similarity of texts that are alike, above 0, at most 1 */
  constructor(texts: readonly string[], least: number) {
    this.#texts = texts;
    this.least = least;
    const longest = texts.reduce((most, text) => Math.max(most, positionsOf(text)), 1);
    this.#words = BITMAP_WORDS * Math.max(1, Math.ceil(((1 - least) / (1 + least)) * (longest / 12)));
    this.#bitmaps = new Uint32Array(texts.length * this.#words);
    this.sizes = new Int32Array(texts.length);
    this.wholeKeys = new Uint32Array(texts.length);
    for (let i = 0; i < texts.length; i++) this.#describe(i);
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
  readonly load = (text: number): number => this.pieces.load(this.#texts[text] ?? "");

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
    return this.pieces.areAlike(this.#texts[b] ?? "", this.sizes[b] ?? 0, this.least);
  }

  /** Whether two texts have the same pieces. */
  hasSamePieces(a: number, b: number): boolean {
    this.load(a);
    return this.sizes[a] === this.sizes[b] && this.pieces.areAlike(this.#texts[b] ?? "", this.sizes[b] ?? 0, 1);
  }
}
