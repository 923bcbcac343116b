/** @file Outputs of the frozen layers of a tower for every text or image: computed once and kept in a file of the run folder. */

import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { openWholeFile, writeWholeFile } from "@pickapic/disk";
import { entryOf, itemAt } from "@pickapic/errors";
import { z } from "zod";

/** The stored rows, float32, by the name of their text or image. */
export interface FrozenStates {
  /** The rows of `names`; the first of them fills the rows up to `rows`. */
  batch(names: readonly string[], rows: number): Float32Array;
  close(): void;
}

/** How to compute the rows when the file does not hold them yet. */
export interface StatesSource {
  /** The names of all rows, each once. */
  names: readonly string[];
  /** Identifies the model and its frozen layers. Rows that were stored with another `origin` are computed again. */
  origin: string;
  /** Names per call of `compute`. */
  batch: number;
  /** Opens what computes rows; called only when the file has to be filled. */
  open(): Promise<{ run(names: readonly string[]): Promise<Float32Array>; close(): Promise<void> }>;
  report(done: number, total: number): void;
}

/**
 * Opens the stored rows. They are computed first when the file is missing, incomplete, or made for other names or another origin; an interrupted
 * run starts the file again.
 */
export async function frozenStates(file: string, source: StatesSource): Promise<FrozenStates> {
  const key = createHash("sha256")
    .update(JSON.stringify([source.origin, source.names]))
    .digest("hex");
  const width = widthOf(file, key) ?? (await fill(file, key, source));
  const rowOf = new Map(source.names.map((name, i) => [name, i]));
  const handle = openSync(file, "r");
  return {
    batch(wanted, rows) {
      const values = new Float32Array(rows * width);
      const bytes = new Uint8Array(values.buffer);
      for (let row = 0; row < rows; row++) {
        const stored = entryOf(rowOf, wanted[row] ?? itemAt(wanted, 0));
        readSync(handle, bytes, row * width * 4, width * 4, stored * width * 4);
      }
      return values;
    },
    close: () => closeSync(handle),
  };
}

/** Removes a file of rows and the label beside it. */
export function removeStates(file: string): void {
  for (const each of [file, labelOf(file)]) rmSync(each, { force: true });
}

/** The label beside a complete file of rows: a hash of names and origin, and the number of floats per row. */
const LABEL = z.object({ key: z.string(), width: z.number() });

const labelOf = (file: string): string => `${file}.json`;

/** Floats per row when the file is complete and has this key; else null. */
function widthOf(file: string, key: string): number | null {
  try {
    const label = LABEL.parse(JSON.parse(readFileSync(labelOf(file), "utf8")));
    return label.key === key ? label.width : null;
  } catch {
    return null;
  }
}

/** @returns floats per row */
async function fill(file: string, key: string, source: StatesSource): Promise<number> {
  removeStates(file);
  await using opened = new AsyncDisposableStack();
  const whole = opened.adopt(await openWholeFile(file), (each) => each.discard());
  const bottom = opened.adopt(await source.open(), (each) => each.close());
  const width = await writeRows(whole.handle, source, bottom.run);
  await whole.commit();
  // The label is written last, so that a file with a label is complete.
  await writeWholeFile(labelOf(file), JSON.stringify({ key, width }));
  return width;
}

async function writeRows(
  handle: FileHandle,
  { names, batch, report }: StatesSource,
  run: (names: readonly string[]) => Promise<Float32Array>,
): Promise<number> {
  let width = 0;
  for (let start = 0; start < names.length; start += batch) {
    const group = names.slice(start, start + batch);
    report(start, names.length);
    const rows = await run(group);
    width = rows.length / group.length;
    await handle.writeFile(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  }
  report(names.length, names.length);
  return width;
}
