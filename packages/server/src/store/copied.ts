/** @file Reads rows of PostgreSQL's binary COPY format, without an object for each row or value. */
import type { GrowingDictionary, GrowingUuids } from "@pickapic/dataset";

/** The signature, the flags and the length of the extension area, which PostgreSQL leaves empty. They stand before the first row. */
export const HEADER_BYTES = 11 + 4 + 4;
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

/** The code of a uuid, which is not null, among those that are known, to which it is added when it is new. */
export function copiedUuid(uuids: GrowingUuids, { view, starts }: CopiedRow, index: number): number {
  return uuids.codeOf(view, starts[index] ?? 0);
}

/**
 * Finds the fields of the row that starts at `at`, and returns where it ends; 0 when what stands there is the end of the data.
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
