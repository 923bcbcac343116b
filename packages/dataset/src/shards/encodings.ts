/**
 * @file Encodings of Parquet for integers: runs and packed bits, and differences. Source: "Parquet encoding definitions",
 * https://parquet.apache.org/docs/file-format/data-pages/encodings/.
 */

import type { PageBytes } from "./pageBytes.ts";

/** Bits of the integers 0 ... largest. */
export function bitsFor(largest: number): number {
  return largest < 2 ** 32 ? 32 - Math.clz32(largest) : 64 - Math.clz32(Math.floor(largest / 2 ** 32));
}

/** Integers to encode. */
type Values = Int32Array | Uint8Array | Float64Array;

/** Up to these bits a value and the rest of the byte before it fit in 32 bits. */
const NARROW_BITS = 24;

/**
 * Packs values[from] ... values[to - 1], each in `bits` bits, the low bit first, and zeros up to a multiple of 8 values.
 * @param values integers of 0 ... 2^bits - 1
 * @param bits 0 ... 53
 */
export function packBits(target: PageBytes, values: Values, from: number, to: number, bits: number): void {
  const at = target.reserve(Math.ceil((to - from) / 8) * bits);
  const { bytes, length } = target;
  bytes.fill(0, at, length);
  if (bits > NARROW_BITS) packWide(bytes, at, values, from, to, bits);
  else packNarrow(bytes, at, values, from, to, bits);
}

/** Packs values that fit beside the rest of a byte in a word. */
function packNarrow(bytes: Uint8Array, at: number, values: Values, from: number, to: number, bits: number): void {
  let [next, word, filled] = [at, 0, 0];
  for (let i = from; i < to; i++) {
    word |= (values[i] ?? 0) << filled;
    for (filled += bits; filled >= 8; filled -= 8) {
      bytes[next++] = word;
      word >>>= 8;
    }
  }
  if (filled > 0) bytes[next] = word;
}

/** Packs values of more bits than fit beside the rest of a byte, 16 bits at a time. `bytes` are zeros there. */
function packWide(bytes: Uint8Array, at: number, values: Values, from: number, to: number, bits: number): void {
  let [next, word, filled] = [at, 0, 0];
  for (let i = from; i < to; i++) {
    let rest = values[i] ?? 0;
    for (let left = bits; left > 0; left -= 16) {
      word |= (rest % 65_536) << filled;
      rest = Math.floor(rest / 65_536);
      for (filled += Math.min(16, left); filled >= 8; filled -= 8) {
        bytes[next++] = word;
        word >>>= 8;
      }
    }
  }
  if (filled > 0) bytes[next] = word;
}

/** Adds values[from] ... values[to - 1] in Parquet's hybrid of runs and packed bits: one run when all are equal, packed bits otherwise. */
export function pushHybrid(target: PageBytes, values: Int32Array | Uint8Array, from: number, to: number, bits: number): void {
  const first = values[from] ?? 0;
  let same = from + 1;
  while (same < to && values[same] === first) same++;
  if (same >= to) pushRun(target, first, to - from, bits);
  else {
    target.pushVarint(2 * Math.ceil((to - from) / 8) + 1);
    packBits(target, values, from, to, bits);
  }
}

/** Adds `length` times the same value as one run. */
export function pushRun(target: PageBytes, value: number, length: number, bits: number): void {
  target.pushVarint(2 * length);
  for (let byte = 0; 8 * byte < bits; byte++) target.pushByte(value >>> (8 * byte));
}

/** Values of a block of differences, and of each of its four parts, whose differences have the same number of bits. */
const BLOCK = 128;
const MINIBLOCK = 32;

/** An integer as one without a sign: 0, -1, 1, -2 ... become 0, 1, 2, 3 ... */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/**
 * Adds integers as their differences (DELTA_BINARY_PACKED).
 * @param first the first integer, which may need 64 bits
 * @param differences difference i is value i + 1 minus value i, for values from ... to - 1; each of less than 2^51
 */
export function pushDeltas(target: PageBytes, first: bigint, differences: Float64Array, from: number, to: number): void {
  target.pushVarint(BLOCK);
  target.pushVarint(BLOCK / MINIBLOCK);
  target.pushVarint(to - from);
  pushBigVarint(target, BigInt.asUintN(64, (first << 1n) ^ (first >> 63n)));
  for (let at = from; at < to - 1; at += BLOCK) pushBlock(target, differences, at, Math.min(to - 1, at + BLOCK));
}

const rest = new Float64Array(BLOCK);

function pushBlock(target: PageBytes, differences: Float64Array, from: number, to: number): void {
  let least = differences[from] ?? 0;
  for (let i = from; i < to; i++) least = Math.min(least, differences[i] ?? 0);
  rest.fill(0);
  for (let i = from; i < to; i++) rest[i - from] = (differences[i] ?? 0) - least;
  target.pushVarint(zigzag(least));
  const widths = target.reserve(BLOCK / MINIBLOCK);
  target.bytes.fill(0, widths, target.length);
  for (let part = 0; part * MINIBLOCK < to - from; part++) {
    let largest = 0;
    for (let i = part * MINIBLOCK; i < (part + 1) * MINIBLOCK; i++) largest = Math.max(largest, rest[i] ?? 0);
    const bits = bitsFor(largest);
    target.bytes[widths + part] = bits;
    packBits(target, rest, part * MINIBLOCK, (part + 1) * MINIBLOCK, bits);
  }
}

function pushBigVarint(target: PageBytes, value: bigint): void {
  let left = value;
  for (; left >= 128n; left >>= 7n) target.pushByte(Number(left & 127n) | 128);
  target.pushByte(Number(left));
}

/** Adds lengths as their differences (DELTA_BINARY_PACKED). */
export function pushLengths(target: PageBytes, lengths: Int32Array, from: number, to: number): void {
  const differences = new Float64Array(Math.max(0, to - from - 1));
  for (let i = 0; i < differences.length; i++) differences[i] = (lengths[from + i + 1] ?? 0) - (lengths[from + i] ?? 0);
  pushDeltas(target, BigInt(lengths[from] ?? 0), differences, 0, to - from);
}
