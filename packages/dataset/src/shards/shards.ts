/** @file Writes the rows of a split to Parquet files of limited size, with one row group in memory at a time. */

import { join } from "node:path";
import { allRows, type Block, blockOfRows, type Rows } from "../columns/block.ts";
import type { Files, GrowingFile } from "../files.ts";
import type { Column, ColumnName, PreferenceRow, Split } from "../row.ts";
import { CALLERS_DIGESTER, type Digester } from "./digest.ts";
import { ParquetFile } from "./parquetFile.ts";

/** Limits of files and row groups; tests use small ones. */
export interface ShardLimits {
  /** A row group ends when its rows have about this many bytes. */
  readonly groupBytes: number;
  readonly groupRows: number;
  /** A file is closed when its rows have about this many bytes. */
  readonly shardBytes: number;
  readonly shardRows: number;
}

/** Files of 500 MB as in Hugging Face's libraries, with row groups of 100 MB or 100,000 rows. */
export const SHARD_LIMITS: ShardLimits = { shardBytes: 500e6, shardRows: 1_000_000, groupBytes: 100e6, groupRows: 100_000 };

/** `addRow` gathers this many rows into one block. */
export const GATHERED_ROWS = 1_000;
/** `addRow` ends a block earlier when its pictures have this many bytes. */
export const GATHERED_BYTES = 4e6;

/** A Parquet file that is written and closed, with its size and checksum. */
export interface WrittenShard {
  /** Name of the file in the folder. */
  readonly name: string;
  readonly rows: number;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Optional settings of a split writer. */
export interface SplitWriterSettings {
  /** The name of the export, which is written into every file. */
  readonly exportId?: string | undefined;
  /** Files that an earlier export of the same rows finished. The caller gives their rows again, and the writer skips them. */
  readonly finished?: readonly WrittenShard[] | undefined;
  /** Called with each file that is closed because it is full. */
  readonly onFull?: ((shard: WrittenShard) => Promise<void>) | undefined;
  /** What computes the checksums. Default: the thread of the caller. */
  readonly digester?: Digester | undefined;
}

interface OpenShard {
  readonly name: string;
  readonly file: GrowingFile;
  readonly parquet: ParquetFile;
  rows: number;
  bytes: number;
}

/**
 * Writes the rows of a split into `folder` as `<split>.<n>.parquet`. The final names contain the number of files, which is known
 * at the end.
 */
export class SplitWriter {
  readonly #split: Split;
  readonly #folder: string;
  readonly #columns: readonly Column[];
  readonly #files: Files;
  readonly #limits: ShardLimits;
  readonly #written: WrittenShard[];
  readonly #settings: SplitWriterSettings;
  /** Rows that are still to be left out. */
  #skipped: number;
  #shard: OpenShard | undefined;
  #pending: Rows[] = [];
  #rows = 0;
  #bytes = 0;
  #single: PreferenceRow[] = [];
  #singleBytes = 0;

  constructor(
    split: Split,
    folder: string,
    columns: readonly Column[],
    files: Files,
    limits: ShardLimits,
    settings: SplitWriterSettings = {},
  ) {
    this.#split = split;
    this.#folder = folder;
    this.#columns = columns;
    this.#files = files;
    this.#limits = limits;
    this.#settings = settings;
    this.#written = [...(settings.finished ?? [])];
    this.#skipped = this.#written.reduce((sum, { rows }) => sum + rows, 0);
  }

  /** Adds one row. Rows become a block when there are a thousand of them, or 4 MB of pictures. */
  async addRow(row: PreferenceRow): Promise<void> {
    this.#single.push(row);
    this.#singleBytes += (row.jpg_0?.length ?? 0) + (row.jpg_1?.length ?? 0);
    if (this.#single.length >= GATHERED_ROWS || this.#singleBytes >= GATHERED_BYTES) await this.#gather();
  }

  async #gather(): Promise<void> {
    const rows = this.#single;
    this.#single = [];
    this.#singleBytes = 0;
    if (rows.length > 0) await this.add(allRows(blockOfRows(rows)));
  }

  /** Adds rows of a block, which must not change any more. Rows of `addRow` must not be added to the same split. */
  async add({ block, rows: given }: Rows): Promise<void> {
    const rows = given.subarray(Math.min(this.#skipped, given.length));
    this.#skipped -= given.length - rows.length;
    const sizeOf = rowSizes(block);
    let start = 0;
    for (let i = 0; i < rows.length; i++) {
      this.#rows++;
      this.#bytes += sizeOf(rows[i] ?? 0);
      if (!this.#isFull()) continue;
      this.#pending.push({ block, rows: rows.subarray(start, i + 1) });
      start = i + 1;
      await this.#writeGroup();
    }
    if (start < rows.length) this.#pending.push({ block, rows: rows.subarray(start) });
  }

  /** Writes the remaining rows. A split without rows still gets one file, so that every loader finds it. */
  async finish(): Promise<WrittenShard[]> {
    await this.#gather();
    if (this.#rows > 0) await this.#writeGroup();
    if (this.#written.length === 0) this.#shard ??= await this.#open();
    if (this.#shard) await this.#close(this.#shard);
    return this.#written;
  }

  /** Closes the open file, whatever its state. */
  async abandon(): Promise<void> {
    await this.#shard?.file.close().catch(() => undefined);
  }

  #isFull(): boolean {
    const { groupRows, groupBytes, shardRows, shardBytes } = this.#limits;
    const inShard = this.#shard ?? { rows: 0, bytes: 0 };
    return (
      this.#rows >= Math.min(groupRows, shardRows - inShard.rows) ||
      this.#bytes >= Math.min(groupBytes, shardBytes - inShard.bytes)
    );
  }

  async #writeGroup(): Promise<void> {
    this.#shard ??= await this.#open();
    const shard = this.#shard;
    const parts = this.#pending;
    shard.rows += this.#rows;
    shard.bytes += this.#bytes;
    this.#pending = [];
    this.#rows = 0;
    this.#bytes = 0;
    await shard.parquet.writeGroup(parts);
    if (shard.bytes < this.#limits.shardBytes && shard.rows < this.#limits.shardRows) return;
    const closed = await this.#close(shard);
    await this.#settings.onFull?.(closed);
  }

  async #open(): Promise<OpenShard> {
    const name = `${this.#split}.${this.#written.length}.parquet`;
    const file = await this.#files.create(join(this.#folder, name));
    const { digester = CALLERS_DIGESTER, exportId } = this.#settings;
    const parquet = new ParquetFile(file, this.#columns, digester.start(), exportId);
    return { name, file, parquet, rows: 0, bytes: 0 };
  }

  async #close({ name, rows, parquet }: OpenShard): Promise<WrittenShard> {
    const shard = { name, rows, ...(await parquet.finish()) };
    this.#written.push(shard);
    this.#shard = undefined;
    return shard;
  }
}

/** Bytes of the other columns of a row, about. */
const ROW_BYTES = 200;
const SIZED: readonly ColumnName[] = ["jpg_0", "jpg_1", "caption", "negative_prompt_0", "negative_prompt_1", "simulated"];

/** Returns the approximate size of a row of this block: its pictures and texts. */
function rowSizes({ columns }: Block): (row: number) => number {
  const sized = SIZED.flatMap((name) => columns.get(name) ?? []);
  return (row) => {
    let bytes = ROW_BYTES;
    for (const data of sized) {
      const at = data.of?.[row] ?? row;
      if (data.kind === "pictures") bytes += data.values[at]?.length ?? 0;
      if (data.kind !== "texts") continue;
      const code = data.codes[at] ?? -1;
      if (code >= 0) bytes += data.dictionary.byteLength(code);
    }
    return bytes;
  };
}
