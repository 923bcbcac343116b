/** @file How texts and pictures become the values of a column chunk: codes of a dictionary, one after the other, or without the beginning that all share. */

import type { Rows } from "../columns/block.ts";
import { GrowingDictionary, type TextDictionary } from "../columns/dictionary.ts";
import { release } from "../columns/memory.ts";
import type { ColumnName } from "../row.ts";
import { type ChunkValues, codeChunk, PAGE_BYTES } from "./chunkValues.ts";
import { pushLengths } from "./encodings.ts";
import { gatherPictures, gatherTexts, type TextRun } from "./gather.ts";
import { PageBytes } from "./pageBytes.ts";

/** Columns whose texts hardly repeat, so that a dictionary would hold each once more. The digits of a uid are random and do not get smaller. */
const UID = /^(image_[01]_uid|best_image_uid)$/;
/** Addresses, which hardly repeat either and begin alike. */
const ADDRESS = /^image_[01]_url$/;

/** Bytes of a dictionary from which on it is compressed. The codes beside it hardly get smaller, and are compressed with it. */
const WORTH_PACKING = 4096;

/** A chunk of texts. */
export function textChunk(parts: readonly Rows[], name: ColumnName): ChunkValues {
  const { values: runs, ...said } = gatherTexts(parts, name);
  const common = { ...said, bounds: undefined };
  const gathered = [said.present, ...runs.map(({ codes }) => codes)];
  const withLengths = ({ lengths, ...pages }: ReturnType<typeof plainTexts>): ChunkValues => ({
    ...common,
    ...pages,
    owned: [...gathered, lengths],
  });
  if (UID.test(name)) return withLengths(plainTexts(runs, said.count));
  if (ADDRESS.test(name)) return withLengths(shortenedTexts(runs, said.count));
  const { codes, texts, different } = joinedCodes(runs, said.count);
  const dictionary = { bytes: plainBytes(texts, different), size: different.length };
  return {
    ...common,
    ...codeChunk(codes, dictionary),
    owned: [...gathered, codes, different, dictionary.bytes],
    codec: dictionary.bytes.length < WORTH_PACKING ? "UNCOMPRESSED" : "SNAPPY",
  };
}

/** The code of each text, by their first appearance: code i is text different[i] of `texts`. */
function joinedCodes(
  runs: readonly TextRun[],
  count: number,
): { codes: Int32Array; texts: TextDictionary; different: Int32Array } {
  const [first] = runs;
  const isShared = runs.every(({ dictionary }) => dictionary === first?.dictionary);
  return first && isShared ? codesOfOne(runs, first.dictionary, count) : codesOfMany(runs, count);
}

function codesOfOne(runs: readonly TextRun[], texts: TextDictionary, count: number) {
  const codes = new Int32Array(count);
  const known = new Int32Array(texts.size);
  const different = new Int32Array(Math.min(count, texts.size));
  let size = 0;
  for (const run of runs)
    for (let i = 0; i < run.codes.length; i++) {
      const code = run.codes[i] ?? 0;
      if (known[code] === 0) {
        different[size] = code;
        known[code] = ++size;
      }
      codes[run.first + i] = (known[code] ?? 0) - 1;
    }
  release(known.buffer);
  return { codes, texts, different: different.subarray(0, size) };
}

/** Texts of several dictionaries are the same where their bytes are. */
function codesOfMany(runs: readonly TextRun[], count: number) {
  const codes = new Int32Array(count);
  const texts = new GrowingDictionary();
  const room = new PageBytes();
  for (const { dictionary, codes: own, first } of runs) {
    const known = new Int32Array(dictionary.size);
    for (let i = 0; i < own.length; i++) {
      const code = own[i] ?? 0;
      if (known[code] === 0) {
        room.clear();
        const length = dictionary.byteLength(code);
        const at = room.reserve(length);
        dictionary.write(code, room.bytes, at);
        known[code] = texts.codeOf(room.bytes, 0, length) + 1;
      }
      codes[first + i] = (known[code] ?? 0) - 1;
    }
  }
  const different = new Int32Array(texts.size);
  for (let i = 0; i < different.length; i++) different[i] = i;
  return { codes, texts, different };
}

/** Texts, each behind its length of four bytes. */
function plainBytes(texts: TextDictionary, codes: Int32Array): Uint8Array {
  const lengths = new Int32Array(codes.length);
  texts.byteLengths(codes, lengths);
  const bytes = new PageBytes();
  writePlain([{ dictionary: texts, codes, first: 0 }], lengths, bytes, 0, codes.length);
  return bytes.filled();
}

function lengthsOf(runs: readonly TextRun[], count: number): Int32Array {
  const lengths = new Int32Array(count);
  for (const { dictionary, codes, first } of runs) dictionary.byteLengths(codes, lengths.subarray(first, first + codes.length));
  return lengths;
}

/** Writes texts from ... to - 1 at these positions. */
function writeTexts(runs: readonly TextRun[], target: Uint8Array, starts: Int32Array, from: number, to: number): void {
  for (const { dictionary, codes, first } of runs) {
    const [begin, end] = [Math.max(from, first), Math.min(to, first + codes.length)];
    if (begin < end)
      dictionary.writeEach(codes.subarray(begin - first, end - first), target, starts.subarray(begin - from, end - from));
  }
}

function writePlain(runs: readonly TextRun[], lengths: Int32Array, target: PageBytes, from: number, to: number): void {
  const starts = new Int32Array(to - from);
  let total = 0;
  for (let i = from; i < to; i++) total += 4 + (lengths[i] ?? 0);
  let at = target.reserve(total);
  for (let i = from; i < to; i++) {
    target.setUint32(at, lengths[i] ?? 0);
    starts[i - from] = at + 4;
    at += 4 + (lengths[i] ?? 0);
  }
  writeTexts(runs, target.bytes, starts, from, to);
}

/** Returns the value after the last one of a page that begins with value `from`: the page ends once it has `bytes` bytes. */
function endOf(lengths: Int32Array, from: number, bytes: number): number {
  let end = from;
  for (let sum = 0; end < lengths.length && sum < bytes; end++) sum += 4 + (lengths[end] ?? 0);
  return Math.max(end, from + 1);
}

/** How texts are written without codes, and their lengths in bytes, which `write` uses. */
type Pages = Pick<ChunkValues, "encoding" | "codec" | "dictionary" | "pageEnd" | "write"> & { readonly lengths: Int32Array };

function plainTexts(runs: readonly TextRun[], count: number): Pages {
  const lengths = lengthsOf(runs, count);
  return {
    lengths,
    encoding: "PLAIN",
    codec: "UNCOMPRESSED",
    dictionary: undefined,
    pageEnd: (from) => endOf(lengths, from, PAGE_BYTES),
    write: (target, from, to) => writePlain(runs, lengths, target, from, to),
  };
}

/** Texts of a page, the beginning that all of them share only once (DELTA_BYTE_ARRAY). */
function shortenedTexts(runs: readonly TextRun[], count: number): Pages {
  const { head, bases } = withoutHead(runs);
  const lengths = lengthsOf(bases, count);
  return {
    lengths,
    encoding: "DELTA_BYTE_ARRAY",
    codec: "UNCOMPRESSED",
    dictionary: undefined,
    pageEnd: (from) => endOf(lengths, from, PAGE_BYTES),
    write(target, from, to) {
      const [shared, own] = [new Int32Array(to - from).fill(head.length), lengths.slice(from, to)];
      if (to > from) {
        shared[0] = 0;
        own[0] = head.length + (lengths[from] ?? 0);
      }
      pushLengths(target, shared, 0, to - from);
      pushLengths(target, own, 0, to - from);
      target.pushBytes(head);
      const starts = new Int32Array(to - from);
      for (let i = from; i < to; i++) starts[i - from] = target.reserve(lengths[i] ?? 0);
      writeTexts(bases, target.bytes, starts, from, to);
    },
  };
}

/** The bytes with which every text begins, where the dictionaries know them, and the texts behind them. */
function withoutHead(runs: readonly TextRun[]): { head: Uint8Array; bases: readonly TextRun[] } {
  const prefixed = runs[0]?.dictionary.prefixed;
  const bases = runs.flatMap((run) => {
    const own = run.dictionary.prefixed;
    return prefixed && own && Buffer.compare(own.head, prefixed.head) === 0 ? [{ ...run, dictionary: own.base }] : [];
  });
  return prefixed && bases.length === runs.length ? { head: prefixed.head, bases } : { head: NO_HEAD, bases: runs };
}

const NO_HEAD = new Uint8Array();

/** A chunk of pictures, which are compressed already. */
export function pictureChunk(parts: readonly Rows[], name: ColumnName): ChunkValues {
  const { values: pictures, ...said } = gatherPictures(parts, name);
  const lengths = Int32Array.from(pictures, ({ length }) => length);
  return {
    ...said,
    bounds: undefined,
    owned: [said.present, lengths],
    encoding: "PLAIN",
    codec: "UNCOMPRESSED",
    dictionary: undefined,
    pageEnd: (from) => endOf(lengths, from, PAGE_BYTES),
    write(target, from, to) {
      for (let i = from; i < to; i++) {
        target.pushUint32(lengths[i] ?? 0);
        target.pushBytes(pictures[i] ?? new Uint8Array());
      }
    },
  };
}
