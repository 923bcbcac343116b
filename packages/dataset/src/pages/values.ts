/**
 * @file Decodes the values of a column chunk, one for each row, into the memory of its pages. Every function throws RangeError for encodings that it does not
 * know, and for bytes that are no such values. Arrays that are returned lie in the memory, and are valid until it is cleared.
 */

import { isAscii, isUtf8 } from "node:buffer";
import type { Chunk, EncodedValues, Page } from "./chunk.ts";
import type { PageMemory } from "./memory.ts";

/** Texts in the memory: the addresses of `count` texts are 32-bit integers at `at`; a text's address is that of its length. */
export interface PlacedTexts {
  readonly at: number;
  readonly count: number;
}

/** Puts an integer of at least 0, which says something of a text, in the place of each text's address. */
export type TextQuestion = (texts: PlacedTexts) => void;

/** The integer of a row without a text. */
export const NO_TEXT = -1;

/** An integer for each row of a chunk of texts: what `asked` says of the row's text, or NO_TEXT. Of a dictionary's texts it is asked once. */
export function readTexts(chunk: Chunk, memory: PageMemory, asked: TextQuestion): Int32Array {
  const dictionary = chunk.dictionary && held(chunk.dictionary.count, 4, memory);
  const ask = (values: EncodedValues, to: number) => {
    place(values, to, memory);
    asked({ at: to, count: values.count });
  };
  if (chunk.dictionary && dictionary) ask(chunk.dictionary, dictionary.at);
  const at = read(chunk, 4, NO_TEXT, memory, (page, to) => {
    if (page.encoding === "PLAIN") ask(page, to);
    else lookUp(page, dictionary, to, memory);
  });
  return memory.integers(at, chunk.rows);
}

/** Checks that the values of a chunk of texts can be decoded, and returns whether each row has one. The texts themselves are not put together. */
export function isFullOfTexts(chunk: Chunk, memory: PageMemory): boolean {
  const dictionary = chunk.dictionary && held(chunk.dictionary.count, 4, memory);
  if (chunk.dictionary && dictionary) place(chunk.dictionary, dictionary.at, memory);
  for (const page of chunk.pages) {
    if (page.encoding === "DELTA_BYTE_ARRAY") checkShortened(page, memory);
    else if (page.encoding === "PLAIN") place(page, memory.take(4 * page.count), memory);
    else lookUp(page, dictionary, memory.take(4 * page.count), memory);
  }
  return isFull(chunk);
}

/** Whether each row of a chunk has a value. */
export const isFull = (chunk: Chunk): boolean => chunk.pages.every(({ present }) => present === undefined);

/** The number of each row: of booleans 0 and 1, and NaN where a row has no value. */
export function readNumbers(chunk: Chunk, memory: PageMemory): Float64Array {
  const dictionary = chunk.dictionary && held(chunk.dictionary.count, 8, memory);
  if (chunk.dictionary && dictionary) plainNumbers(chunk.dictionary, chunk.type, dictionary.at, memory);
  const at = read(chunk, 8, Number.NaN, memory, (page, to) => {
    if (page.encoding === "PLAIN") plainNumbers(page, chunk.type, to, memory);
    else if (page.encoding === "DELTA_BINARY_PACKED" && chunk.type === "INT32") lowerHalves(page, to, memory);
    else if (page.encoding === "RLE" && chunk.type === "BOOLEAN")
      memory.doubles(to, page.count).set(codesOf(page.at + 4, page.end, 1, page.count, memory));
    else lookUp(page, dictionary, to, memory);
  });
  return memory.doubles(at, chunk.rows);
}

/** Integers of 64 bits: the lower half and the upper half of each. */
export type LongIntegers = Int32Array;

/** The integer of each row, of which none is without one. */
export function readIntegers(chunk: Chunk, memory: PageMemory): LongIntegers {
  if (chunk.type !== "INT64") throw new RangeError(`integers: they cannot be stored as ${chunk.type}`);
  if (!isFull(chunk)) throw new RangeError("integers: a row has none");
  const dictionary = chunk.dictionary && held(chunk.dictionary.count, 8, memory);
  if (chunk.dictionary && dictionary) plain(chunk.dictionary, 8, dictionary.at, memory);
  const at = read(chunk, 8, 0, memory, (page, to) => {
    if (page.encoding === "PLAIN") plain(page, 8, to, memory);
    else if (page.encoding === "DELTA_BINARY_PACKED") deltas(page.at, page, to, memory);
    else lookUp(page, dictionary, to, memory);
  });
  return memory.integers(at, 2 * chunk.rows);
}

/** Values of a dictionary, one after the other, 4 or 8 bytes each. */
interface HeldValues {
  readonly at: number;
  readonly size: number;
  readonly width: 4 | 8;
}

const held = (size: number, width: 4 | 8, memory: PageMemory): HeldValues => ({ at: memory.take(width * size), size, width });

/** Decodes the pages one after the other, each value to `width` bytes, and returns the address of the first. `none` is the value of rows without one. */
function read(
  { pages, rows }: Chunk,
  width: 4 | 8,
  none: number,
  memory: PageMemory,
  decode: (page: Page, to: number) => void,
): number {
  const target = memory.take(width * rows);
  let row = 0;
  for (const page of pages) {
    const to = target + width * row;
    if (page.present) {
      const values = memory.take(width * page.count);
      decode(page, values);
      const arrayAt = (at: number, count: number) => (width === 4 ? memory.integers(at, count) : memory.doubles(at, count));
      spread(arrayAt(values, page.count), page.present, arrayAt(to, page.rows), none);
    } else decode(page, to);
    row += page.rows;
  }
  return target;
}

/** Puts each value at the next row that has one. */
function spread(values: Int32Array | Float64Array, present: Int32Array, target: Int32Array | Float64Array, none: number): void {
  let next = 0;
  for (let i = 0; i < present.length; i++) target[i] = present[i] === 1 ? (values[next++] ?? none) : none;
}

/** Puts the values of a dictionary that the codes of a page mean at `to`. */
function lookUp(page: Page, dictionary: HeldValues | undefined, to: number, memory: PageMemory): void {
  if (page.encoding !== "RLE_DICTIONARY" && page.encoding !== "PLAIN_DICTIONARY")
    throw new RangeError(`a page: its encoding ${page.encoding} is not known for these values`);
  if (!dictionary) throw new RangeError("a page: it needs a dictionary, which its chunk lacks");
  if (page.count === 0) return;
  if (page.at >= page.end) throw new RangeError("a page: it has no codes");
  const [bits = 0] = memory.bytes(page.at, 1);
  const codes = codesOf(page.at + 1, page.end, bits, page.count, memory);
  const { at, size, width } = dictionary;
  if (memory.lookUp(codes.byteOffset, page.count, at, size, Number(width === 8), to) !== 1)
    throw new RangeError(`a page: its dictionary has ${size} values, but a code is beyond them`);
}

/** Decodes runs and packed bits. */
function codesOf(at: number, end: number, bits: number, count: number, memory: PageMemory): Int32Array {
  if (bits > 32) throw new RangeError(`a page: its codes cannot have ${bits} bits`);
  const to = memory.take(4 * count);
  const codes = memory.integers(to, count);
  if (bits === 0) codes.fill(0);
  else if (memory.hybrid(at, end, bits, count, to) === 0) throw new RangeError("a page: its codes cannot be decoded");
  return codes;
}

/**
 * Puts the addresses of the texts of a page or of a dictionary at `to`. Refuses texts that are no UTF-8: what a reader puts in the place of such bytes may be
 * equal where they are not.
 */
function place({ at, end, count }: EncodedValues, to: number, memory: PageMemory): void {
  if (memory.place(at, end, count, to) !== 1) throw new RangeError("texts: they do not fill their page");
  if (isAscii(memory.bytes(at, end - at))) return;
  const view = new DataView(memory.memory.buffer);
  for (const text of memory.integers(to, count))
    if (!isUtf8(memory.bytes(text + 4, view.getUint32(text, true)))) throw new RangeError("a text is no UTF-8");
}

/** Checks texts that leave out the beginning that each shares with the one before it (DELTA_BYTE_ARRAY). */
function checkShortened(page: Page, memory: PageMemory): void {
  const [shared, own] = [memory.take(8 * page.count), memory.take(8 * page.count)];
  const end = deltas(deltas(page.at, page, shared, memory), page, own, memory);
  const bytes = memory.ownBytes(shared, own, page.count);
  if (bytes < 0) throw new RangeError("texts: the lengths of their parts are impossible");
  if (end + bytes !== page.end) throw new RangeError("texts: they do not fill their page");
}

/** Decodes differences from `at` on, to 8 bytes each, and returns the address behind them. */
function deltas(at: number, page: Page, to: number, memory: PageMemory): number {
  const end = memory.deltas(at, page.end, page.count, to);
  if (end === 0) throw new RangeError("a page: its integers cannot be decoded");
  return end;
}

/** Puts integers of 32 bits, which are stored as differences, at `to` as numbers of 8 bytes each. */
function lowerHalves(page: Page, to: number, memory: PageMemory): void {
  const numbers = memory.doubles(to, page.count);
  const long = memory.take(8 * page.count);
  deltas(page.at, page, long, memory);
  const halves = memory.integers(long, 2 * page.count);
  for (let i = 0; i < numbers.length; i++) numbers[i] = halves[2 * i] ?? 0;
}

/** Puts values of a fixed width in bytes at `to`. */
function plain({ at, end, count }: EncodedValues, width: number, to: number, memory: PageMemory): void {
  if (end - at !== width * count) throw new RangeError(`a page: ${count} values of ${width} bytes cannot be in ${end - at}`);
  memory.bytes(to, end - at).set(memory.bytes(at, end - at));
}

/** Puts numbers of any type at `to`, 8 bytes each. */
function plainNumbers(values: EncodedValues, type: Chunk["type"], to: number, memory: PageMemory): void {
  const { at, end, count } = values;
  const numbers = memory.doubles(to, count);
  if (type === "DOUBLE") plain(values, 8, to, memory);
  else if (type === "INT32") {
    const whole = memory.take(4 * count);
    plain(values, 4, whole, memory);
    numbers.set(memory.integers(whole, count));
  } else if (type === "BOOLEAN" && end - at === Math.ceil(count / 8)) {
    const bytes = memory.bytes(at, end - at);
    for (let i = 0; i < count; i++) numbers[i] = ((bytes[i >> 3] ?? 0) >> (i & 7)) & 1;
  } else throw new RangeError(`numbers: they cannot be stored as ${type}, ${count} in ${end - at} bytes`);
}
