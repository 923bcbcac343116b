/** @file Writes the rows of a split to Parquet files of limited size, with one row group in memory at a time. */

import { createHash, type Hash } from "node:crypto";
import { join } from "node:path";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import type { Files, GrowingFile } from "../files.ts";
import type { Column, PreferenceRow, Split } from "../row.ts";
import { columnSource, featureMetadata, parquetSchemaOf } from "./parquet.ts";

/** Limits of files and row groups; tests use small ones. */
export interface ShardLimits {
  /** A file is closed when it has this many bytes. */
  readonly shardBytes: number;
  readonly shardRows: number;
  /** A row group is written when its rows have this many bytes. Each of the five splits may have one in memory. */
  readonly groupBytes: number;
  readonly groupRows: number;
}

/**
 * 500 MB as in Hugging Face's libraries. Row groups of 16 MB and 1,000 rows keep a reader's memory and its smallest read small.
 */
export const SHARD_LIMITS: ShardLimits = { shardBytes: 500e6, shardRows: 1_000_000, groupBytes: 16e6, groupRows: 1000 };

/** Bytes of a page. Most pictures fill a page, so that single rows can be read. */
const PAGE_BYTES = 1 << 16;

/** A Parquet file that is written and closed, with its size and checksum. */
export interface WrittenShard {
  /** Name of the file in the folder. */
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

interface OpenShard {
  readonly name: string;
  readonly writer: HashingWriter;
  readonly parquet: ParquetWriter;
  rows: number;
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
  readonly #written: WrittenShard[] = [];
  #shard: OpenShard | undefined;
  #rows: PreferenceRow[] = [];
  #bytes = 0;

  constructor(split: Split, folder: string, columns: readonly Column[], files: Files, limits: ShardLimits) {
    this.#split = split;
    this.#folder = folder;
    this.#columns = columns;
    this.#files = files;
    this.#limits = limits;
  }

  async add(row: PreferenceRow): Promise<void> {
    this.#rows.push(row);
    this.#bytes += sizeOf(row);
    if (this.#rows.length >= this.#limits.groupRows || this.#bytes >= this.#limits.groupBytes) await this.#writeGroup();
  }

  /** Writes the remaining rows. A split without rows still gets one file, so that every loader finds it. */
  async finish(): Promise<WrittenShard[]> {
    if (this.#rows.length > 0) await this.#writeGroup();
    if (this.#written.length === 0) this.#shard ??= await this.#open();
    if (this.#shard) await this.#close(this.#shard);
    return this.#written;
  }

  /** Closes the open file, whatever its state. */
  async abandon(): Promise<void> {
    await this.#shard?.writer.file.close().catch(() => undefined);
  }

  async #writeGroup(): Promise<void> {
    this.#shard ??= await this.#open();
    const shard = this.#shard;
    const rows = this.#rows;
    await shard.parquet.write({
      columnData: this.#columns.map((column) => columnSource(column, rows)),
      rowGroupSize: rows.length,
      pageSize: PAGE_BYTES,
    });
    shard.rows += rows.length;
    this.#rows = [];
    this.#bytes = 0;
    if (shard.writer.offset >= this.#limits.shardBytes || shard.rows >= this.#limits.shardRows) await this.#close(shard);
  }

  async #open(): Promise<OpenShard> {
    const name = `${this.#split}.${this.#written.length}.parquet`;
    const writer = new HashingWriter(await this.#files.create(join(this.#folder, name)));
    const parquet = new ParquetWriter({
      writer,
      schema: parquetSchemaOf(this.#columns),
      kvMetadata: featureMetadata(this.#columns),
      createdBy: "pick-a-pic",
    });
    return { name, writer, parquet, rows: 0 };
  }

  async #close({ name, writer, parquet }: OpenShard): Promise<void> {
    await parquet.finish();
    await writer.file.close();
    this.#written.push({ name, bytes: writer.offset, sha256: writer.hash.digest("hex") });
    this.#shard = undefined;
  }
}

/** hyparquet's writer onto an appended file, which hashes on the way. Its buffer is emptied after each row group. */
class HashingWriter extends ByteWriter {
  readonly file: GrowingFile;
  readonly hash: Hash = createHash("sha256");

  constructor(file: GrowingFile) {
    super(1 << 16);
    this.file = file;
  }

  async flush(): Promise<void> {
    const bytes = new Uint8Array(this.buffer, 0, this.index);
    this.hash.update(bytes);
    await this.file.write(bytes);
    this.index = 0;
  }

  override async finish(): Promise<void> {
    await this.flush();
  }
}

/** Approximate size of a row in memory: its pictures and texts. */
function sizeOf(row: PreferenceRow): number {
  const pictures = (row.jpg_0?.length ?? 0) + (row.jpg_1?.length ?? 0);
  return (
    pictures +
    row.caption.length +
    (row.negative_prompt_0?.length ?? 0) +
    (row.negative_prompt_1?.length ?? 0) +
    (row.simulated?.length ?? 0) +
    200
  );
}
