/** @file Reads a Parquet file of another program. */

import { parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { realFiles } from "../files.ts";
import { exportOf } from "../shards/features.ts";
import { damaged, parsers, readFooter, typeOf } from "../shards/parquet.ts";
import { slicesOf } from "../tables/parquetTable.ts";
import type { ForeignFile } from "./file.ts";

/** @throws {DatasetError} FILE_DAMAGED */
export async function openParquetFile(path: string, writtenAt: bigint): Promise<ForeignFile> {
  const file = await realFiles.read(path);
  const metadata = await readFooter(file, path);
  const columns = parquetSchema(metadata).children;
  const options = { file, metadata, compressors, parsers, utf8: false, useOffsetIndex: true, geoparquet: false };
  return {
    path,
    exportId: exportOf(metadata),
    writtenAt,
    notes: [],
    columns: columns.map(({ element }) => element.name),
    times: new Set(columns.filter(({ element }) => typeOf(element) === "timestamp[ns]").map(({ element }) => element.name)),
    count: Number(metadata.num_rows),
    async *rows(wanted) {
      for (const [rowStart, rowEnd] of slicesOf(metadata, wanted)) {
        const read = parquetReadObjects({ ...options, columns: [...wanted], rowStart, rowEnd });
        yield* await read.catch((cause: unknown) => {
          throw damaged(path, cause);
        });
      }
    },
  };
}
