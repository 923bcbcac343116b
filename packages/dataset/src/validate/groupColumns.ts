/** @file Columns of one row group, as the proof of a dataset asks for them. */

import type { FileMetaData, RowGroup } from "hyparquet";
import type { ReadableFile } from "../files.ts";
import { type Chunk, type ChunkPlace, placeOf, unpackChunk } from "../pages/chunk.ts";
import { readRanges } from "../pages/chunkBytes.ts";
import type { PageMemory } from "../pages/memory.ts";
import {
  isFull,
  isFullOfTexts,
  type LongIntegers,
  readIntegers,
  readNumbers,
  readTexts,
  type TextQuestion,
} from "../pages/values.ts";
import type { ColumnName } from "../row.ts";

/** The columns of a row group. All methods throw RangeError for a column that cannot be decoded, and those that expect a value in each row where one has none. */
export class GroupColumns {
  readonly rows: number;
  readonly memory: PageMemory;
  readonly #chunks: ReadonlyMap<ColumnName, Chunk>;

  private constructor(rows: number, memory: PageMemory, chunks: ReadonlyMap<ColumnName, Chunk>) {
    this.rows = rows;
    this.memory = memory;
    this.#chunks = chunks;
  }

  /** Reads those of `names` that the file has into the memory, where they stay until it is cleared. */
  static async read(
    file: ReadableFile,
    metadata: FileMetaData,
    group: RowGroup,
    names: readonly ColumnName[],
    memory: PageMemory,
  ): Promise<GroupColumns> {
    const places = names.flatMap((name): [ColumnName, ChunkPlace][] => {
      const place = placeOf(metadata, group, name);
      return place ? [[name, place]] : [];
    });
    const addresses = await readRanges(
      places.map(([, place]) => place),
      file,
      memory,
    );
    const chunks = places.map(([name, place]) => [name, unpackChunk(place, addresses.get(place) ?? 0, memory)] as const);
    return new GroupColumns(Number(group.num_rows), memory, new Map(chunks));
  }

  has(name: ColumnName): boolean {
    return this.#chunks.has(name);
  }

  /** What `asked` says of the text of each row; NO_TEXT where a row has none. */
  texts(name: ColumnName, asked: TextQuestion): Int32Array {
    return readTexts(this.#chunk(name), this.memory, asked);
  }

  /** What `asked` says of the text of each row, of which none is without one. */
  everyText(name: ColumnName, asked: TextQuestion): Int32Array {
    return readTexts(this.#full(name), this.memory, asked);
  }

  /** Where the text of each row is in the memory. */
  addresses(name: ColumnName): Int32Array {
    return this.everyText(name, () => undefined);
  }

  /** Checks that each row has a text. The texts themselves are not put together. */
  checkTexts(name: ColumnName): void {
    if (!isFullOfTexts(this.#chunk(name), this.memory)) throw new RangeError(`${name}: a row has no text`);
  }

  /** The number of each row; NaN where a row has none. */
  numbers(name: ColumnName): Float64Array {
    return readNumbers(this.#chunk(name), this.memory);
  }

  /** The number of each row, of which none is without one. */
  everyNumber(name: ColumnName): Float64Array {
    return readNumbers(this.#full(name), this.memory);
  }

  /** The integer of each row, of which none is without one. */
  everyInteger(name: ColumnName): LongIntegers {
    return readIntegers(this.#full(name), this.memory);
  }

  #chunk(name: ColumnName): Chunk {
    const chunk = this.#chunks.get(name);
    if (!chunk) throw new RangeError(`${name}: the row group lacks the column`);
    return chunk;
  }

  #full(name: ColumnName): Chunk {
    const chunk = this.#chunk(name);
    if (!isFull(chunk)) throw new RangeError(`${name}: a row has no value`);
    return chunk;
  }
}
