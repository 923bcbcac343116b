/** @file Reads rows of PostgreSQL's binary COPY format, without an object for each row or value. */
import type { GrowingDictionary, GrowingUuids } from "@pickapic/dataset";

/** The signature, the flags and the length of the extension area, which PostgreSQL leaves empty. They stand before the first row. */
export const HEADER_BYTES = 11 + 4 + 4;
/** Stands where the next row would have its number of fields, and marks the end of the data. */
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

/** Returns the code of a field's bytes in a dictionary, and adds new bytes to it; -1 for null. */
export function copiedField(dictionary: GrowingDictionary, { bytes, starts, lengths }: CopiedRow, index: number): number {
  const start = starts[index] ?? 0;
  const length = lengths[index] ?? -1;
  return length < 0 ? -1 : dictionary.codeOf(bytes, start, start + length);
}

/** Returns the code of a field that holds a uuid, and adds a new uuid to `uuids`. The field must not be null. */
export function copiedUuid(uuids: GrowingUuids, { view, starts }: CopiedRow, index: number): number {
  return uuids.codeOf(view, starts[index] ?? 0);
}

/**
 * Finds the fields of the row that starts at `at`, and returns where the row ends; 0 when the data ends at `at`.
 * @throws RangeError when the row does not end before `limit`: PostgreSQL sends each row in one message
 */
export function locateRow({ view, starts, lengths }: CopiedRow, at: number, limit: number): number {
  if (view.getInt16(at) === END) return 0;
  let next = at + 2;
  for (let field = 0; field < starts.length; field++) {
    const length = view.getInt32(next);
    next += 4;
    starts[field] = next;
    lengths[field] = length;
    if (length > 0) next += length;
  }
  if (next > limit) throw new RangeError(`a row of a COPY: it must end in its message, but it is ${next - limit} bytes longer`);
  return next;
}
