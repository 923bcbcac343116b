/** @file Reads PostgreSQL's binary COPY format row by row, without an object for each row or value. */
import type { GrowingDictionary } from "@pickapic/dataset";

/** The signature, the flags and the length of the extension area, which PostgreSQL leaves empty. */
const HEADER_BYTES = 11 + 4 + 4;
/** The number of fields that ends the data. */
const END = -1;

/** The fields of the row that is being read. Values are big-endian, as PostgreSQL sends them. */
export interface CopiedRow {
  readonly bytes: Uint8Array;
  /** The same bytes, to read numbers of them. */
  readonly view: DataView;
  /** Where each field starts in `bytes`. */
  readonly starts: Int32Array;
  /** The length of each field in bytes; -1 for null. */
  readonly lengths: Int32Array;
}

/** Whether a field is null. */
export function isCopiedNull({ lengths }: CopiedRow, index: number): boolean {
  return (lengths[index] ?? -1) < 0;
}

/** The code of a field's bytes in a dictionary, to which they are added when they are new; -1 for null. */
export function copiedField(dictionary: GrowingDictionary, { bytes, starts, lengths }: CopiedRow, index: number): number {
  const start = starts[index] ?? 0;
  const length = lengths[index] ?? -1;
  return length < 0 ? -1 : dictionary.codeOf(bytes, start, start + length);
}

/** Calls `visit` for each row of a binary COPY of `fields` columns, and returns the number of rows. The row is valid during the call only. */
export async function visitCopied(
  chunks: AsyncIterable<Buffer>,
  fields: number,
  visit: (row: CopiedRow) => void,
): Promise<number> {
  const starts = new Int32Array(fields);
  const lengths = new Int32Array(fields);
  let rest: Buffer = Buffer.alloc(0);
  let isStart = true;
  let rows = 0;
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    if (isStart) {
      if (bytes.length < HEADER_BYTES) {
        rest = bytes;
        continue;
      }
      at = HEADER_BYTES;
      isStart = false;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const row: CopiedRow = { bytes, view, starts, lengths };
    for (let end = locate(row, at); end > 0; end = locate(row, at)) {
      visit(row);
      rows++;
      at = end;
    }
    rest = bytes.subarray(at);
  }
  return rows;
}

/** Finds the fields of the row that starts at `at`, and returns where it ends; 0 when it is not whole yet or the data ends. */
function locate({ view, starts, lengths }: CopiedRow, at: number): number {
  const { byteLength } = view;
  if (at + 2 > byteLength || view.getInt16(at) === END) return 0;
  let next = at + 2;
  for (let field = 0; field < starts.length; field++) {
    if (next + 4 > byteLength) return 0;
    const length = view.getInt32(next);
    next += 4;
    starts[field] = next;
    lengths[field] = length;
    if (length > 0) next += length;
  }
  return next <= byteLength ? next : 0;
}
