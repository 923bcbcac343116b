/** @file Reads the bytes of column chunks, those that lie close together at once. */

import type { ReadableFile } from "../files.ts";
import type { PageMemory } from "./memory.ts";

/** A range of bytes of a file, the end exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Bytes between two ranges that are read with both, because another read would take longer. */
const WORTH_READING = 1 << 16;

/** Reads ranges of a file into the memory and returns the address of each. @throws RangeError when the file ends before them */
export async function readRanges<R extends ByteRange>(
  ranges: readonly R[],
  file: ReadableFile,
  memory: PageMemory,
): Promise<Map<R, number>> {
  const addresses = new Map<R, number>();
  const reads = joined(ranges).map((parts) => {
    const [start, end] = [parts[0]?.start ?? 0, Math.max(...parts.map((part) => part.end))];
    const at = memory.take(end - start);
    for (const part of parts) addresses.set(part, at + part.start - start);
    return { start, target: memory.bytes(at, end - start) };
  });
  await Promise.all(
    reads.map(async ({ start, target }) => {
      const read = await file.readInto(target, start);
      if (read < target.length) throw new RangeError(`expected ${target.length} bytes from ${start} on; the file has ${read}`);
    }),
  );
  return addresses;
}

/** Ranges by their order, those in one list between which there is little. */
function joined<R extends ByteRange>(ranges: readonly R[]): R[][] {
  const lists: R[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
    if (range.start - end <= WORTH_READING) lists.at(-1)?.push(range);
    else lists.push([range]);
    end = Math.max(end, range.end);
  }
  return lists;
}
