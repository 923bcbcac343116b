/** @file Finds the pages of a column chunk of a Parquet file and unpacks them, without decoding their values. */

import type { ColumnMetaData, FileMetaData, PageHeader, RowGroup } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { compressors } from "hyparquet-compressors";
import type { ColumnName } from "../row.ts";
import type { ByteRange } from "./chunkBytes.ts";
import type { PageMemory } from "./memory.ts";

/** Values of a page in the memory: bytes at ... end - 1. */
export interface EncodedValues {
  readonly at: number;
  readonly end: number;
  /** Number of values, without those that are null. */
  readonly count: number;
}

/** A page of values. */
export interface Page extends EncodedValues {
  readonly encoding: string;
  /** Rows of the page. */
  readonly rows: number;
  /** present[i] is 0 where row i is null; undefined when no row is. */
  readonly present: Int32Array | undefined;
}

/** A column chunk: the values of one column in one row group. */
export interface Chunk {
  readonly type: ColumnMetaData["type"];
  readonly rows: number;
  /** The values that codes mean, in the plain encoding. */
  readonly dictionary: EncodedValues | undefined;
  readonly pages: readonly Page[];
}

/** A chunk of a flat column, and where it is. */
export interface ChunkPlace extends ByteRange {
  readonly metadata: ColumnMetaData;
  readonly rows: number;
  /** Whether the column may have nulls. */
  readonly isOptional: boolean;
}

/** An unpacked page may have at most so many bytes: more than any writer makes, and little enough to be allocated. */
const MOST_PAGE_BYTES = 1 << 29;

/** Finds the chunk of a column; undefined when the file lacks the column. @throws RangeError for a nested column, or one without a place in the file */
export function placeOf({ schema }: FileMetaData, group: RowGroup, name: ColumnName): ChunkPlace | undefined {
  const metadata = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data;
  const element = schema.slice(1).find((each) => each.name === name);
  if (!metadata || !element) return undefined;
  const { data_page_offset, dictionary_page_offset, total_compressed_size, path_in_schema } = metadata;
  const isFlat = path_in_schema.length === 1 && element.num_children === undefined && element.repetition_type !== "REPEATED";
  if (!isFlat) throw new RangeError(`${name}: a nested column`);
  const start = Number(dictionary_page_offset || data_page_offset);
  const isOptional = element.repetition_type !== "REQUIRED";
  return { metadata, start, end: start + Number(total_compressed_size), rows: Number(group.num_rows), isOptional };
}

/** Unpacks the pages of a chunk, whose bytes are in the memory from `at` on. @throws RangeError, or any error of the decoders, when the bytes are no pages of as many rows as the row group has */
export function unpackChunk(place: ChunkPlace, at: number, memory: PageMemory): Chunk {
  let dictionary: EncodedValues | undefined;
  const pages: Page[] = [];
  let rows = 0;
  for (let offset = 0; rows < place.rows; ) {
    const { header, body } = headerAt(memory, at + offset, place.end - place.start - offset);
    const end = body + header.compressed_page_size;
    const page = { header, body, end };
    if (header.type === "DICTIONARY_PAGE" && !dictionary) dictionary = dictionaryOf(page, place, memory);
    else {
      const read = pageOf(page, place, memory);
      pages.push(read);
      rows += read.rows;
    }
    offset = end - at;
  }
  if (rows !== place.rows) throw new RangeError(`a chunk: expected ${place.rows} rows; its pages have ${rows}`);
  return { type: place.metadata.type, rows, dictionary, pages };
}

/** A page as it is stored: its bytes are body ... end - 1. */
interface StoredPage {
  readonly header: PageHeader;
  readonly body: number;
  readonly end: number;
}

function headerAt(memory: PageMemory, at: number, length: number): { header: PageHeader; body: number } {
  const reader = { view: new DataView(memory.memory.buffer, at, length), offset: 0 };
  const header = parquetHeader(reader);
  const { compressed_page_size: stored, uncompressed_page_size: plain } = header;
  if (!isCount(stored, length - reader.offset) || !isCount(plain, MOST_PAGE_BYTES))
    throw new RangeError(`a page: it cannot have ${stored} bytes and ${plain} when unpacked`);
  return { header, body: at + reader.offset };
}

const isCount = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;

function dictionaryOf(page: StoredPage, place: ChunkPlace, memory: PageMemory): EncodedValues {
  const { num_values: count, encoding } = page.header.dictionary_page_header ?? {};
  if (count === undefined || !isCount(count, MOST_PAGE_BYTES) || (encoding !== "PLAIN" && encoding !== "PLAIN_DICTIONARY"))
    throw new RangeError(`a dictionary: it cannot have ${count} values in the encoding ${encoding}`);
  return { ...unpacked(page, page.body, page.header.uncompressed_page_size, place, memory), count };
}

function pageOf(page: StoredPage, place: ChunkPlace, memory: PageMemory): Page {
  const { type, data_page_header: first, data_page_header_v2: second, uncompressed_page_size: size } = page.header;
  if (type === "DATA_PAGE" && first) {
    const values = unpacked(page, page.body, size, place, memory);
    const { num_values: rows, encoding } = first;
    checkRows(rows, place);
    if (!place.isOptional) return { ...values, encoding, rows, count: rows, present: undefined };
    const levels = values.at + 4;
    const end = levels + lengthAt(memory, values);
    return { ...presence(memory, levels, end, rows), at: end, end: values.end, encoding, rows };
  }
  if (type !== "DATA_PAGE_V2" || !second) throw new RangeError(`a page of the type ${type}`);
  const { num_values: rows, encoding, definition_levels_byte_length: length, repetition_levels_byte_length: none } = second;
  checkRows(rows, place);
  if (none !== 0 || !isCount(length, Math.min(size, page.end - page.body)))
    throw new RangeError("a page with levels of a nested column");
  const body = page.body + length;
  const values =
    second.is_compressed === false ? { at: body, end: page.end } : unpacked(page, body, size - length, place, memory);
  const levels = place.isOptional ? presence(memory, page.body, body, rows) : { count: rows, present: undefined };
  return { ...values, ...levels, encoding, rows };
}

function checkRows(rows: number, place: ChunkPlace): void {
  if (!isCount(rows, place.rows)) throw new RangeError(`a page: it cannot have ${rows} of ${place.rows} rows`);
}

/** Unpacks what is stored from `body` to the end of a page. */
function unpacked(
  { end }: StoredPage,
  body: number,
  size: number,
  place: ChunkPlace,
  memory: PageMemory,
): { at: number; end: number } {
  const { codec } = place.metadata;
  if (codec === "UNCOMPRESSED") {
    if (end - body !== size) throw new RangeError(`a page: it must have ${size} bytes, but has ${end - body}`);
    return { at: body, end };
  }
  if (codec === "SNAPPY") {
    const at = memory.take(size);
    if (memory.unpack(body, end, at, at + size) !== 1) throw new RangeError("a page: it is no Snappy");
    return { at, end: at + size };
  }
  const decompress = compressors[codec];
  if (!decompress) throw new RangeError(`a page: its codec ${codec} is not known`);
  const bytes = decompress(memory.bytes(body, end - body).slice(), size);
  if (bytes.length !== size) throw new RangeError(`a page: it must have ${size} bytes, but has ${bytes.length}`);
  const at = memory.take(size);
  memory.bytes(at, size).set(bytes);
  return { at, end: at + size };
}

/** The length of the levels at the beginning of a page. */
function lengthAt(memory: PageMemory, { at, end }: { at: number; end: number }): number {
  const length = end - at >= 4 ? new DataView(memory.memory.buffer).getUint32(at, true) : -1;
  if (!isCount(length, end - at - 4)) throw new RangeError(`a page: its levels cannot have ${length} bytes`);
  return length;
}

/** Which rows have a value, by definition levels of 0 and 1. */
function presence(memory: PageMemory, at: number, end: number, rows: number): Pick<Page, "count" | "present"> {
  if (rows === 0) return { count: 0, present: undefined };
  if (isOneRun(memory.bytes(at, end - at), rows)) return { count: rows, present: undefined };
  const to = memory.take(4 * rows);
  if (memory.hybrid(at, end, 1, rows, to) === 0) throw new RangeError("a page: its levels cannot be decoded");
  const present = memory.integers(to, rows);
  let count = 0;
  for (let i = 0; i < rows; i++) count += present[i] ?? 0;
  return { count, present };
}

/** Whether levels are one run that says of all rows that they have a value, as where no row is null. */
function isOneRun(levels: Uint8Array, rows: number): boolean {
  let [header, shift, at] = [0, 1, 0];
  for (let byte = 0x80; byte >= 0x80 && at < levels.length; at++) {
    byte = levels[at] ?? 0;
    header += (byte & 0x7f) * shift;
    shift *= 0x80;
  }
  return header === 2 * rows && levels[at] === 1;
}
