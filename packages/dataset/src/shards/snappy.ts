/** @file Compresses pages in Snappy's format: https://github.com/google/snappy/blob/main/format_description.txt. The bytes depend on nothing but the input. */

import type { PageBytes } from "./pageBytes.ts";

/** Bytes that are looked up at once, and the fewest of a copy. */
const LEAST_COPY = 4;
/** How far back a copy may begin, bytes. */
const REACH = 65_535;
const MOST_COPY = 64;
/** Bits of the hash by which four bytes are found again. */
const HASH_BITS = 14;
/** After 2 to the power of this many positions in a row without a match, only every second position is tried, then every third, and so on. */
const PATIENCE_BITS = 5;

/** Where four bytes with each hash were last, from 1; 0 for nowhere. */
const lastAt = new Int32Array(1 << HASH_BITS);

/** Adds the compressed form of some bytes. */
export function pushSnappy(target: PageBytes, input: Uint8Array): void {
  target.pushVarint(input.length);
  lastAt.fill(0);
  let literal = 0;
  for (let at = 0, misses = 1 << PATIENCE_BITS; at + LEAST_COPY <= input.length; ) {
    const word = wordAt(input, at);
    const slot = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS);
    const found = (lastAt[slot] ?? 0) - 1;
    lastAt[slot] = at + 1;
    if (found < 0 || at - found > REACH || wordAt(input, found) !== word) {
      at += misses++ >> PATIENCE_BITS;
      continue;
    }
    let length = LEAST_COPY;
    while (at + length < input.length && input[found + length] === input[at + length]) length++;
    pushLiteral(target, input, literal, at);
    pushCopies(target, at - found, length);
    at += length;
    literal = at;
    misses = 1 << PATIENCE_BITS;
  }
  pushLiteral(target, input, literal, input.length);
}

function wordAt(input: Uint8Array, at: number): number {
  return (input[at] ?? 0) | ((input[at + 1] ?? 0) << 8) | ((input[at + 2] ?? 0) << 16) | ((input[at + 3] ?? 0) << 24);
}

/** Adds input[from] ... input[to - 1] as they are. */
function pushLiteral(target: PageBytes, input: Uint8Array, from: number, to: number): void {
  const length = to - from;
  if (length === 0) return;
  if (length <= 60) target.pushByte((length - 1) << 2);
  else {
    const lengthBytes = Math.ceil((32 - Math.clz32(length - 1)) / 8);
    target.pushByte((59 + lengthBytes) << 2);
    for (let byte = 0; byte < lengthBytes; byte++) target.pushByte((length - 1) >>> (8 * byte));
  }
  const start = target.reserve(length);
  const { bytes } = target;
  for (let at = from, next = start; at < to; at++, next++) bytes[next] = input[at] ?? 0;
}

/** Adds copies of `length` bytes that begin `offset` bytes back. */
function pushCopies(target: PageBytes, offset: number, length: number): void {
  let left = length;
  for (; left > 0; left -= Math.min(left, MOST_COPY)) {
    target.pushByte(((Math.min(left, MOST_COPY) - 1) << 2) | 2);
    target.pushByte(offset);
    target.pushByte(offset >>> 8);
  }
}
