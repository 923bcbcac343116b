/**
 * @file A Parquet file that is written row group by row group, from columns: a column of codes is written as codes, so that no text is made for each row.
 * Format: https://parquet.apache.org/docs/file-format/. Footer and page headers are hyparquet-writer's.
 */

import type { RowGroup, SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writeIndexes } from "hyparquet-writer/src/indexes.js";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import type { Rows } from "../columns/block.ts";
import type { GrowingFile } from "../files.ts";
import type { Column, ColumnType } from "../row.ts";
import { ChunkWriter, storedType, type WrittenChunk } from "./columnChunk.ts";
import type { Digest } from "./digest.ts";
import { featureMetadata } from "./features.ts";
import { rowsOf } from "./gather.ts";

/** The first and the last four bytes of a file. */
const MAGIC = new TextEncoder().encode("PAR1");

/** What the schema says of a column type besides how it is stored. */
const LOGICAL: Readonly<Partial<Record<ColumnType, Partial<SchemaElement>>>> = {
  string: { converted_type: "UTF8", logical_type: { type: "STRING" } },
  "timestamp[ns]": { logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "NANOS" } },
};

/** A Parquet file that grows by row groups. After an error it cannot be gone on with. */
export class ParquetFile {
  readonly #file: GrowingFile;
  readonly #columns: readonly Column[];
  readonly #exportId: string | undefined;
  readonly #digest: Digest;
  readonly #writer = new ChunkWriter();
  readonly #groups: RowGroup[] = [];
  readonly #chunks: WrittenChunk[] = [];
  #rows = 0;
  #bytes = 0;

  /**
   * @param exportId the same in all files of an export, so that files of two can be told apart
   * @param digest takes the bytes of this file
   */
  constructor(file: GrowingFile, columns: readonly Column[], digest: Digest, exportId: string | undefined) {
    this.#file = file;
    this.#columns = columns;
    this.#digest = digest;
    this.#exportId = exportId;
  }

  /** Writes some rows as a row group. */
  async writeGroup(parts: readonly Rows[]): Promise<void> {
    if (this.#bytes === 0) await this.#save(MAGIC);
    const start = this.#bytes;
    const columns: RowGroup["columns"] = [];
    let total_byte_size = 0n;
    for (const column of this.#columns) {
      const written = await this.#writer.write(column, parts, this.#bytes, (piece) => this.#save(piece));
      this.#chunks.push(written);
      columns.push(written.chunk);
      total_byte_size += written.chunk.meta_data?.total_uncompressed_size ?? 0n;
    }
    const rows = rowsOf(parts);
    this.#rows += rows;
    const total_compressed_size = BigInt(this.#bytes - start);
    this.#groups.push({ columns, total_byte_size, num_rows: BigInt(rows), file_offset: BigInt(start), total_compressed_size });
  }

  /** Writes the footer, closes the file, and returns its size in bytes and its SHA-256, hexadecimal. */
  async finish(): Promise<{ bytes: number; sha256: string }> {
    if (this.#bytes === 0) await this.#save(MAGIC);
    const footer = new ByteWriter();
    footer.offset = this.#bytes;
    writeIndexes(footer, this.#chunks);
    writeMetadata(footer, {
      version: 2,
      created_by: "pick-a-pic",
      schema: schemaOf(this.#columns),
      num_rows: BigInt(this.#rows),
      row_groups: this.#groups,
      key_value_metadata: featureMetadata(this.#columns, this.#exportId),
      metadata_length: 0,
    });
    footer.appendBytes(MAGIC);
    await this.#save(footer.getBytes());
    await this.#file.close();
    return { bytes: this.#bytes, sha256: await this.#digest.hex() };
  }

  async #save(piece: Uint8Array): Promise<void> {
    this.#bytes += piece.length;
    await Promise.all([this.#file.write(piece), this.#digest.update(piece)]);
  }
}

function schemaOf(columns: readonly Column[]): SchemaElement[] {
  const elements = columns.map(
    ({ name, type }): SchemaElement => ({
      type: storedType(type),
      repetition_type: "OPTIONAL",
      name,
      ...LOGICAL[type],
    }),
  );
  return [{ name: "schema", num_children: columns.length }, ...elements];
}
