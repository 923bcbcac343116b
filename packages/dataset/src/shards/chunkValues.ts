/** @file The values of a column chunk of a Parquet file, ready to be written page by page. */

import type { Encoding } from "hyparquet";
import { bitsFor, pushHybrid } from "./encodings.ts";
import type { PageBytes } from "./pageBytes.ts";

/** Bytes of a page. Most pictures fill a page, so that single rows can be read. */
export const PAGE_BYTES = 1 << 16;

/** The values of a column of some rows. */
export interface ChunkValues {
  readonly rows: number;
  /** How many rows have a value. */
  readonly count: number;
  /** 1 for each row with a value, 0 for null; undefined when no row is null. */
  readonly present: Uint8Array | undefined;
  /** How the pages hold the values. */
  readonly encoding: Encoding;
  readonly codec: "SNAPPY" | "UNCOMPRESSED";
  /** The different values, plain, where the pages hold codes of them. */
  readonly dictionary: { readonly bytes: Uint8Array; readonly size: number } | undefined;
  /** The smallest and the largest value; undefined where no reader asks for them. */
  readonly bounds: { readonly least: bigint | number | boolean; readonly most: bigint | number | boolean } | undefined;
  /** Arrays that only this chunk uses. When the chunk is written, the next one takes their memory. */
  readonly owned: readonly (ArrayBufferView | undefined)[];
  /** The value before which a page that begins with value `from` ends; it may be behind the last one, and is above `from`. */
  pageEnd(from: number): number;
  /** Adds values from ... to - 1 to a page. */
  write(target: PageBytes, from: number, to: number): void;
}

/** How pages hold codes of a dictionary. */
export function codeChunk(
  codes: Int32Array,
  dictionary: NonNullable<ChunkValues["dictionary"]>,
): Pick<ChunkValues, "encoding" | "dictionary" | "pageEnd" | "write"> {
  const bits = bitsFor(Math.max(1, dictionary.size - 1));
  return {
    encoding: "RLE_DICTIONARY",
    dictionary,
    pageEnd: (from) => from + Math.floor((8 * PAGE_BYTES) / bits),
    write(target, from, to) {
      target.pushByte(bits);
      if (to > from) pushHybrid(target, codes, from, to, bits);
    },
  };
}
