/** @file What the frozen part of a tower makes of every text and image: computed once, kept in a file of the run folder. */

import { createHash } from "node:crypto";
import { closeSync, existsSync, openSync, readFileSync, readSync, renameSync, rmSync, writeFileSync, writeSync } from "node:fs";

/** Rows of float32 by name. */
export interface FrozenStates {
  /** The rows of `names`, and the first one again until there are `rows`. */
  batch(names: readonly string[], rows: number): Float32Array;
  close(): void;
}

/**
 * Opens the file, or fills it when it is not that of these names and this origin. A run that is interrupted before the file is
 * complete fills it anew.
 * @param origin what the rows depend on besides the names
 * @param compute rows of a batch of names, one after another
 */
export async function frozenStates(
  file: string,
  names: readonly string[],
  origin: string,
  batch: number,
  compute: (names: readonly string[]) => Promise<Float32Array>,
  report: (done: number, total: number) => void,
): Promise<FrozenStates> {
  const key = createHash("sha256")
    .update(JSON.stringify([origin, names]))
    .digest("hex");
  const label = `${file}.json`;
  if (!isComplete(label, key)) await fill(file, label, key, names, batch, compute, report);
  const { width } = JSON.parse(readFileSync(label, "utf8")) as { width: number };
  const places = new Map(names.map((name, i) => [name, i]));
  const handle = openSync(file, "r");
  return {
    batch(wanted, rows) {
      const values = new Float32Array(rows * width);
      const bytes = new Uint8Array(values.buffer);
      for (let row = 0; row < rows; row++) {
        const place = places.get(wanted[row] ?? wanted[0]!)!;
        readSync(handle, bytes, row * width * 4, width * 4, place * width * 4);
      }
      return values;
    },
    close: () => closeSync(handle),
  };
}

function isComplete(label: string, key: string): boolean {
  if (!existsSync(label)) return false;
  try {
    return (JSON.parse(readFileSync(label, "utf8")) as { key?: string }).key === key;
  } catch {
    return false;
  }
}

async function fill(
  file: string,
  label: string,
  key: string,
  names: readonly string[],
  batch: number,
  compute: (names: readonly string[]) => Promise<Float32Array>,
  report: (done: number, total: number) => void,
): Promise<void> {
  rmSync(label, { force: true });
  const handle = openSync(`${file}.part`, "w");
  let width = 0;
  try {
    for (let start = 0; start < names.length; start += batch) {
      const part = names.slice(start, start + batch);
      const rows = await compute(part);
      width = rows.length / batch;
      writeAll(handle, new Uint8Array(rows.buffer, rows.byteOffset, part.length * width * 4));
      report(start + part.length, names.length);
    }
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.part`, file);
  writeFileSync(label, JSON.stringify({ key, width }));
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(handle, bytes, done);
}
