/** @file Uuids by code: each different one is stored once, as its 16 bytes, and found by them. */

import { grown, release, zeros } from "./memory.ts";

/** 32-bit words of a uuid. */
const WORDS = 4;
/** The first capacity, in uuids: a power of two. */
const FIRST = 1024;

/**
 * Collects different uuids, numbered 0 ... size - 1 in the order in which they came. A million of them are larger than a processor's cache, so that
 * a look-up touches as few places as possible: one slot, and the uuid that it names.
 */
export class GrowingUuids {
  /** The words of uuid i are words[4 i] ... words[4 i + 3], each read little-endian, so that their bytes stand as they came. */
  #words = new Int32Array(WORDS * FIRST);
  /** Open addressing: code + 1, or 0 for a free slot. Its length is a power of two, at most three quarters of it taken. */
  #slots = new Int32Array(2 * FIRST);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The bytes of all uuids; uuid i begins at byte 16 i. Do not change them, and read the property again after a uuid was added. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#words.buffer);
  }

  /** The code of the uuid whose 16 bytes are at `at`, which is added when it is new. */
  codeOf(view: DataView, at: number): number {
    const slot = this.#slotOf(view, at);
    const code = (this.#slots[slot] ?? 0) - 1;
    return code < 0 ? this.#add(view, at, slot) : code;
  }

  /** The code of a uuid; -1 when it is not there. */
  find(view: DataView, at: number): number {
    return (this.#slots[this.#slotOf(view, at)] ?? 0) - 1;
  }

  /** Frees the memory that is only needed to look uuids up. Looking one up throws TypeError afterwards. */
  closed(): this {
    this.#words = new Int32Array(this.#words.buffer.transferToFixedLength(4 * WORDS * this.#size));
    release(this.#slots.buffer);
    this.#slots = new Int32Array();
    return this;
  }

  /** The slot of a uuid: the one that holds its code, or the free one where it would stand. */
  #slotOf(view: DataView, at: number): number {
    const slots = this.#slots;
    const words = this.#words;
    if (slots.length === 0) throw new TypeError("a table of uuids: it was closed, so that none can be looked up or added");
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    const mask = slots.length - 1;
    for (let slot = hashOf(a, b, c, d) & mask; ; slot = (slot + 1) & mask) {
      const code = (slots[slot] ?? 0) - 1;
      const own = WORDS * code;
      if (code < 0) return slot;
      if (words[own] === a && words[own + 1] === b && words[own + 2] === c && words[own + 3] === d) return slot;
    }
  }

  #add(view: DataView, at: number, slot: number): number {
    const code = this.#size++;
    const own = WORDS * code;
    if (own >= this.#words.length) this.#words = new Int32Array(grown(this.#words.buffer, 4 * (own + WORDS)));
    for (let word = 0; word < WORDS; word++) this.#words[own + word] = view.getInt32(at + 4 * word, true);
    this.#slots[slot] = code + 1;
    if (4 * this.#size > 3 * this.#slots.length) this.#spread();
    return code;
  }

  /** Doubles the slots. */
  #spread(): void {
    const words = this.#words;
    const { length } = this.#slots;
    release(this.#slots.buffer);
    const slots = new Int32Array(zeros(8 * length));
    const mask = slots.length - 1;
    for (let code = 0; code < this.#size; code++) {
      const own = WORDS * code;
      let slot = hashOf(words[own] ?? 0, words[own + 1] ?? 0, words[own + 2] ?? 0, words[own + 3] ?? 0) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = code + 1;
    }
    this.#slots = slots;
  }
}

/** A hash of a uuid, whose words need not be random: in some versions one is a time. */
function hashOf(a: number, b: number, c: number, d: number): number {
  let hash = Math.imul(a ^ Math.imul(b, 0x85ebca6b), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ c ^ Math.imul(d, 0xc2b2ae35), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
