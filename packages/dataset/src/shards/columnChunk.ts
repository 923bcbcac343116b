/** @file A column chunk of a Parquet file: its pages, each behind its header, and what the footer says of it. */

import type { ColumnChunk, PageHeader, ParquetType, Statistics } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import type { Rows } from "../columns/block.ts";
import { release } from "../columns/memory.ts";
import type { Column, ColumnType } from "../row.ts";
import type { ChunkValues } from "./chunkValues.ts";
import { pushHybrid, pushRun } from "./encodings.ts";
import { booleanChunk, doubleChunk, int32Chunk, integerChunk } from "./numberChunk.ts";
import { PageBytes } from "./pageBytes.ts";
import { pushSnappy } from "./snappy.ts";
import { pictureChunk, textChunk } from "./textChunk.ts";

/** How each column type is stored, and how its values are found. */
const STORED: Readonly<
  Record<ColumnType, { type: ParquetType; values: (parts: readonly Rows[], name: Column["name"]) => ChunkValues }>
> = {
  bool: { type: "BOOLEAN", values: booleanChunk },
  string: { type: "BYTE_ARRAY", values: textChunk },
  "timestamp[ns]": { type: "INT64", values: integerChunk },
  binary: { type: "BYTE_ARRAY", values: pictureChunk },
  float64: { type: "DOUBLE", values: doubleChunk },
  int64: { type: "INT64", values: integerChunk },
  int32: { type: "INT32", values: int32Chunk },
};

/** The type in which a Parquet file stores a column. */
export const storedType = (type: ColumnType): ParquetType => STORED[type].type;

/** Rows of a page at most. */
const PAGE_ROWS = 20_000;
/** Bytes of a chunk that are handed on at once. */
const PIECE_BYTES = 1 << 22;

/** Where a page is in the file, and its first row in the row group. */
interface PageLocation {
  readonly offset: bigint;
  readonly compressed_page_size: number;
  readonly first_row_index: bigint;
}

/** A chunk that is written, as the footer names it. */
export interface WrittenChunk {
  readonly chunk: ColumnChunk;
  readonly offsetIndex: { readonly page_locations: PageLocation[] };
}

/** Writes the chunk of a column, for these rows, piece by piece. Its memory is used again for the next chunk. */
export class ChunkWriter {
  readonly #body = new PageBytes();
  readonly #packed = new PageBytes();
  readonly #out = new PageBytes();
  readonly #header = new ByteWriter();
  #uncompressed = 0;
  #compressed = 0;

  /**
   * @param offset where the chunk starts in the file, bytes
   * @param save appends a piece to the file. Its bytes are valid until the promise settles
   */
  async write(
    { name, type }: Column,
    parts: readonly Rows[],
    offset: number,
    save: (piece: Uint8Array) => Promise<void>,
  ): Promise<WrittenChunk> {
    const values = STORED[type].values(parts, name);
    this.#uncompressed = 0;
    this.#compressed = 0;
    const { dictionary, encoding, codec } = values;
    if (dictionary) this.#addDictionary(dictionary, codec);
    const dataOffset = offset + this.#compressed;
    const page_locations: PageLocation[] = [];
    for (const page of pagesOf(values)) {
      const start = this.#compressed;
      this.#addPage(values, page);
      const compressed_page_size = this.#compressed - start;
      page_locations.push({ offset: BigInt(offset + start), compressed_page_size, first_row_index: BigInt(page.row) });
      if (this.#out.length >= PIECE_BYTES) await this.#flush(save);
    }
    await this.#flush(save);
    for (const array of values.owned) if (array) release(array.buffer);
    const meta_data = {
      type: STORED[type].type,
      encodings: [...new Set([encoding, "RLE", ...(dictionary ? ["PLAIN" as const] : [])] as const)],
      path_in_schema: [name],
      codec,
      num_values: BigInt(values.rows),
      total_uncompressed_size: BigInt(this.#uncompressed),
      total_compressed_size: BigInt(this.#compressed),
      data_page_offset: BigInt(dataOffset),
      ...(dictionary ? { dictionary_page_offset: BigInt(offset) } : {}),
      ...(type === "binary" ? {} : { statistics: statisticsOf(values) }),
    };
    return { chunk: { file_offset: 0n, meta_data }, offsetIndex: { page_locations } };
  }

  #addDictionary({ bytes, size }: NonNullable<ChunkValues["dictionary"]>, codec: ChunkValues["codec"]): void {
    this.#body.clear();
    this.#body.pushBytes(bytes);
    this.#add(codec, { type: "DICTIONARY_PAGE", dictionary_page_header: { num_values: size, encoding: "PLAIN" } });
  }

  #addPage(values: ChunkValues, page: Page): void {
    const body = this.#body;
    body.clear();
    const levels = body.reserve(4);
    pushLevels(body, values.present, page);
    body.setUint32(levels, body.length - levels - 4);
    values.write(body, page.value, page.valueEnd);
    const data_page_header = {
      num_values: page.rowEnd - page.row,
      encoding: values.encoding,
      definition_level_encoding: "RLE" as const,
      repetition_level_encoding: "RLE" as const,
    };
    this.#add(values.codec, { type: "DATA_PAGE", data_page_header });
  }

  /** Adds what `#body` holds as a page. */
  #add(codec: ChunkValues["codec"], header: Omit<PageHeader, "uncompressed_page_size" | "compressed_page_size">): void {
    const plain = this.#body.filled();
    this.#packed.clear();
    if (codec === "SNAPPY") pushSnappy(this.#packed, plain);
    const bytes = codec === "SNAPPY" ? this.#packed.filled() : plain;
    this.#header.index = 0;
    writePageHeader(this.#header, { ...header, uncompressed_page_size: plain.length, compressed_page_size: bytes.length });
    const head = this.#header.getBytes();
    this.#out.pushBytes(head);
    this.#out.pushBytes(bytes);
    this.#uncompressed += head.length + plain.length;
    this.#compressed += head.length + bytes.length;
  }

  async #flush(save: (piece: Uint8Array) => Promise<void>): Promise<void> {
    if (this.#out.length > 0) await save(this.#out.filled());
    this.#out.clear();
  }
}

/** Rows row ... rowEnd - 1 with values value ... valueEnd - 1. */
interface Page {
  readonly row: number;
  readonly rowEnd: number;
  readonly value: number;
  readonly valueEnd: number;
}

function* pagesOf({ rows, present, pageEnd }: ChunkValues): Iterable<Page> {
  for (let row = 0, value = 0; row < rows; ) {
    const [last, lastValue] = [Math.min(rows, row + PAGE_ROWS), pageEnd(value)];
    let [rowEnd, valueEnd] = [row, value];
    if (present) for (; rowEnd < last && valueEnd < lastValue; rowEnd++) valueEnd += present[rowEnd] ?? 0;
    else {
      rowEnd = Math.min(last, row + lastValue - value);
      valueEnd = value + rowEnd - row;
    }
    yield { row, rowEnd, value, valueEnd };
    row = rowEnd;
    value = valueEnd;
  }
}

/** Adds which rows of a page have a value: one run when all or none have, a bit for each otherwise. */
function pushLevels(body: PageBytes, present: Uint8Array | undefined, { row, rowEnd }: Page): void {
  if (present) pushHybrid(body, present, row, rowEnd, 1);
  else pushRun(body, 1, rowEnd - row, 1);
}

function statisticsOf({ rows, count, bounds }: ChunkValues): Statistics {
  const null_count = BigInt(rows - count);
  return bounds ? { null_count, min_value: bounds.least, max_value: bounds.most } : { null_count };
}
