/** @file A Parquet file that is written batch by batch, by the Rust library of Arrow compiled to WebAssembly. */

import { createHash } from "node:crypto";
import type { RecordBatch, WriterPropertiesBuilder } from "parquet-wasm";
import { release } from "../columns/memory.ts";
import type { GrowingFile } from "../files.ts";
import type { Column } from "../row.ts";
import { featureMetadata } from "./features.ts";

/** When a row group ends: with this many rows, or with about this many encoded bytes. */
export interface GroupLimits {
  readonly groupBytes: number;
  readonly groupRows: number;
}

/** Bytes of a page. Most pictures fill a page, so that single rows can be read. */
const PAGE_BYTES = 1 << 16;

/** Columns whose values hardly repeat: a dictionary would hold every value once more. */
const WITHOUT_DICTIONARY = /^(jpg_[01]|image_[01]_(uid|url)|best_image_uid|ranking_id|created_at|__index_level_0__|seed_[01])$/;
/** Columns that do not get smaller: pictures are compressed, and the digits of a uid are random. */
const UNCOMPRESSED = /^(jpg_[01]|image_[01]_uid|best_image_uid)$/;

/** A Parquet file that grows. After an error, of the disk or of the encoder, every call throws it. */
export interface ParquetStream {
  /** Encodes the rows of an Arrow IPC stream, whose memory it takes: `arrow` is empty afterwards. It returns when the encoder asks for more. */
  write(arrow: Uint8Array): Promise<void>;
  /** Writes the footer, closes the file, and returns its size in bytes and its SHA-256, hexadecimal. */
  finish(): Promise<{ bytes: number; sha256: string }>;
}

/**
 * Starts a Parquet file of these columns. At least one batch must be written, which may be without rows.
 * @param exportId the same in all files of an export, so that files of two can be told apart
 */
export async function parquetStream(
  file: GrowingFile,
  columns: readonly Column[],
  limits: GroupLimits,
  exportId?: string,
): Promise<ParquetStream> {
  const { default: wasm } = await import("parquet-wasm");
  const { Compression, EnabledStatistics, Table, transformParquetStream } = wasm;
  let builder: WriterPropertiesBuilder = new wasm.WriterPropertiesBuilder()
    .setCreatedBy("pick-a-pic")
    .setCompression(Compression.SNAPPY)
    .setStatisticsEnabled(EnabledStatistics.Chunk)
    .setKeyValueMetadata(new Map(featureMetadata(columns, exportId).map(({ key, value }) => [key, value])))
    .setMaxRowGroupSize(limits.groupRows)
    .setMaxRowGroupBytes(limits.groupBytes)
    .setDataPageSizeLimit(PAGE_BYTES);
  for (const { name, type } of columns) {
    if (WITHOUT_DICTIONARY.test(name)) builder = builder.setColumnDictionaryEnabled(name, false);
    if (UNCOMPRESSED.test(name)) builder = builder.setColumnCompression(name, Compression.UNCOMPRESSED);
    // Pictures are too long for minima and maxima.
    if (type === "binary") builder = builder.setColumnStatisticsEnabled(name, EnabledStatistics.None);
  }
  const batches = new TransformStream<RecordBatch, RecordBatch>(undefined, { highWaterMark: 1 }, { highWaterMark: 0 });
  const input = batches.writable.getWriter();
  const hash = createHash("sha256");
  let bytes = 0;
  // The encoder needs the first batch before it gives a stream, so that it must not be awaited here.
  const drained = (async () => {
    for await (const chunk of await transformParquetStream(batches.readable, builder.build())) {
      hash.update(chunk);
      bytes += chunk.length;
      await file.write(chunk);
      release(chunk.buffer);
    }
  })();
  const failed = new Promise<never>((_, reject) => drained.catch(reject));
  failed.catch(() => undefined); // It is awaited with the next batch; until then its failure must not count as unhandled.
  return {
    async write(arrow) {
      const table = Table.fromIPCStream(arrow);
      release(arrow.buffer);
      for (const batch of table.recordBatches()) await Promise.race([input.write(batch), failed]);
      table.free();
    },
    async finish() {
      await Promise.race([input.close(), failed]);
      await drained;
      await file.close();
      return { bytes, sha256: hash.digest("hex") };
    },
  };
}
