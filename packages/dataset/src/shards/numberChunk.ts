/** @file How numbers and booleans become the values of a column chunk: codes of a dictionary where few are different, otherwise differences or as they are. */

import type { Rows } from "../columns/block.ts";
import { release } from "../columns/memory.ts";
import type { ColumnName } from "../row.ts";
import type { ChunkValues } from "./chunkValues.ts";
import { codeChunk, PAGE_BYTES } from "./chunkValues.ts";
import { packBits, pushDeltas } from "./encodings.ts";
import { type Gathered, gatherBooleans, gatherDoubles, gatherInt32, gatherIntegers } from "./gather.ts";

/** Most different numbers of a dictionary. More are found out early, so that trying costs little. */
const MOST_DIFFERENT = 1 << 14;

/** Numbers of one or two words of 32 bits each, the low one first. */
interface Words {
  readonly words: Int32Array;
  readonly each: 1 | 2;
}

const bytesOf = (words: Int32Array, from: number, to: number): Uint8Array =>
  new Uint8Array(words.buffer, words.byteOffset + 4 * from, 4 * (to - from));

/** Open addressing of `codesOf`: a code + 1, or 0. It is used by one call at a time, from its beginning to its end. */
const slots = new Int32Array(4 * MOST_DIFFERENT);

/** The code of each number, by their first appearance, and the different ones; undefined when more than half or too many are different. */
function codesOf({ words, each }: Words, count: number): { codes: Int32Array; different: Int32Array; size: number } | undefined {
  const most = Math.min(MOST_DIFFERENT, Math.ceil(count / 2));
  slots.fill(0);
  const different = new Int32Array(each * most);
  const codes = new Int32Array(count);
  let size = 0;
  for (let i = 0; i < count; i++) {
    const low = words[each * i] ?? 0;
    const high = each === 2 ? (words[2 * i + 1] ?? 0) : 0;
    let slot = slotOf(low, high);
    for (; ; slot = (slot + 1) & (slots.length - 1)) {
      const code = (slots[slot] ?? 0) - 1;
      if (code < 0 || (different[each * code] === low && (each === 1 || different[2 * code + 1] === high))) break;
    }
    if (slots[slot] === 0) {
      if (size === most) {
        for (const { buffer } of [codes, different]) release(buffer);
        return undefined;
      }
      different[each * size] = low;
      if (each === 2) different[2 * size + 1] = high;
      slots[slot] = ++size;
    }
    codes[i] = (slots[slot] ?? 0) - 1;
  }
  return { codes, different: different.subarray(0, each * size), size };
}

/** Where a number is looked for first: the high bits of a product, which depend on all bits of it (multiplicative hashing, Knuth). */
function slotOf(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return (mixed ^ (mixed >>> 15)) & (4 * MOST_DIFFERENT - 1);
}

function numberChunk(
  gathered: Gathered<Int32Array>,
  each: 1 | 2,
  bounds: ChunkValues["bounds"],
  differences: () => Float64Array | undefined,
): ChunkValues {
  const { values: words, count } = gathered;
  const common = { ...gathered, bounds, owned: [words, gathered.present] };
  const coded = codesOf({ words, each }, count);
  if (coded) {
    const dictionary = { bytes: bytesOf(coded.different, 0, coded.different.length), size: coded.size };
    const owned = [...common.owned, coded.codes, coded.different];
    return { ...common, ...codeChunk(coded.codes, dictionary), codec: "UNCOMPRESSED", owned };
  }
  const perPage = PAGE_BYTES / (4 * each);
  const pages = { codec: "UNCOMPRESSED" as const, dictionary: undefined, pageEnd: (from: number) => from + perPage };
  const found = differences();
  if (!found)
    return {
      ...common,
      ...pages,
      encoding: "PLAIN",
      write: (target, from, to) => target.pushBytes(bytesOf(words, each * from, each * to)),
    };
  return {
    ...common,
    ...pages,
    owned: [...common.owned, found],
    encoding: "DELTA_BINARY_PACKED",
    write: (target, from, to) => pushDeltas(target, integerAt({ words, each }, from), found, from, to),
  };
}

function integerAt({ words, each }: Words, i: number): bigint {
  const low = words[each * i] ?? 0;
  return each === 1 ? BigInt(low) : (BigInt(words[2 * i + 1] ?? 0) << 32n) | BigInt(low >>> 0);
}

/** Differences of neighbours must be below it, so that differences of differences are exact as doubles. */
const LARGEST_DIFFERENCE = 2 ** 51;

/** The differences of neighbours; undefined when one is too large for a double. */
function differencesOf({ words, each }: Words, count: number): Float64Array | undefined {
  const all = new Float64Array(Math.max(0, count - 1));
  const wordAt = (at: number): number => words[at] ?? 0;
  for (let i = 0; i < all.length; i++) {
    const at = each * i;
    const difference =
      each === 1
        ? wordAt(at + 1) - wordAt(at)
        : (wordAt(at + 3) - wordAt(at + 1)) * 2 ** 32 + (wordAt(at + 2) >>> 0) - (wordAt(at) >>> 0);
    if (Math.abs(difference) >= LARGEST_DIFFERENCE) return undefined;
    all[i] = difference;
  }
  return all;
}

/** The indices of the smallest and the largest of some integers; undefined when there is none. */
function extremesOf({ words, each }: Words, count: number): { least: bigint; most: bigint } | undefined {
  if (count === 0) return undefined;
  const wordAt = (at: number): number => words[at] ?? 0;
  const isBelow = (a: number, b: number): boolean => {
    const above = wordAt(each * a + each - 1) - wordAt(each * b + each - 1);
    return above === 0 && each === 2 ? wordAt(2 * a) >>> 0 < wordAt(2 * b) >>> 0 : above < 0;
  };
  let [least, most] = [0, 0];
  for (let i = 1; i < count; i++) {
    if (isBelow(i, least)) least = i;
    else if (isBelow(most, i)) most = i;
  }
  return { least: integerAt({ words, each }, least), most: integerAt({ words, each }, most) };
}

/** A chunk of int64 or of times. */
export function integerChunk(parts: readonly Rows[], name: ColumnName): ChunkValues {
  return integersIn(gatherIntegers(parts, name), 2, (bound) => bound);
}

/** A chunk of int32. */
export function int32Chunk(parts: readonly Rows[], name: ColumnName): ChunkValues {
  return integersIn(gatherInt32(parts, name), 1, Number);
}

function integersIn(gathered: Gathered<Int32Array>, each: 1 | 2, boundOf: (value: bigint) => bigint | number): ChunkValues {
  const numbers: Words = { words: gathered.values, each };
  const extremes = extremesOf(numbers, gathered.count);
  const bounds = extremes && { least: boundOf(extremes.least), most: boundOf(extremes.most) };
  return numberChunk(gathered, each, bounds, () => differencesOf(numbers, gathered.count));
}

/** A chunk of doubles. */
export function doubleChunk(parts: readonly Rows[], name: ColumnName): ChunkValues {
  const gathered = gatherDoubles(parts, name);
  const doubles = new Float64Array(gathered.values.buffer, gathered.values.byteOffset, gathered.count);
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < doubles.length; i++) {
    const value = doubles[i] ?? 0;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  // Readers must not be told of a zero which sign it has.
  const bounds = least > most ? undefined : { least: least === 0 ? -0 : least, most: most === 0 ? 0 : most };
  return numberChunk(gathered, 2, bounds, () => undefined);
}

/** A chunk of booleans, a bit each. */
export function booleanChunk(parts: readonly Rows[], name: ColumnName): ChunkValues {
  const gathered = gatherBooleans(parts, name);
  const { values, count } = gathered;
  let trues = 0;
  for (let i = 0; i < count; i++) trues += values[i] ?? 0;
  return {
    ...gathered,
    owned: [values, gathered.present],
    bounds: count === 0 ? undefined : { least: trues === count, most: trues > 0 },
    encoding: "PLAIN",
    codec: "UNCOMPRESSED",
    dictionary: undefined,
    pageEnd: (from) => from + 8 * PAGE_BYTES,
    write: (target, from, to) => packBits(target, values, from, to, 1),
  };
}
