/**
 * @file The finished files of an export that was killed or stopped. They stand beside the dataset until it is whole, so that the next
 * export of the same rankings goes on after them.
 */

import { appendFile, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type HeldLock, takeLock } from "@pickapic/disk";
import { SPLITS, type Split } from "../row.ts";
import type { WrittenShard } from "../shards/shards.ts";
import { checksumOf } from "./checksums.ts";

/** Beside the dataset, with this behind its name. */
const ENDING = ".unfinished";
/** The fingerprint of the export, then one line for each finished file. */
const LIST = "finished.jsonl";
const LOCK = "lock";

/** Finished files by split, in their order. */
export type Finished = ReadonlyMap<Split, readonly WrittenShard[]>;

/** The finished files of one export. */
export class Unfinished {
  /** Those of an earlier export of the same rankings. */
  readonly finished: Finished;
  readonly #folder: string;
  readonly #fingerprint: string;
  #lock: HeldLock | undefined;
  #moved: string[] = [];

  private constructor(folder: string, fingerprint: string, finished: Finished, lock: HeldLock | undefined) {
    this.#folder = folder;
    this.#fingerprint = fingerprint;
    this.finished = finished;
    this.#lock = lock;
    this.#moved = [...finished.values()].flat().map(({ name }) => name);
  }

  /**
   * Finds the finished files beside a dataset whose checksums hold. Those of other rankings, or other settings, are removed; while another
   * process writes the same dataset there are none.
   */
  static async open(dataset: string, fingerprint: string): Promise<Unfinished> {
    const folder = resolve(dataset) + ENDING;
    const list = await readFile(join(folder, LIST), "utf8").catch(() => undefined);
    if (list === undefined) return new Unfinished(folder, fingerprint, new Map(), undefined);
    const taken = await takeLock(join(folder, LOCK));
    if (!("lock" in taken)) return new Unfinished(folder, fingerprint, new Map(), undefined);
    const [first, ...lines] = list.split("\n");
    const finished = first === fingerprint ? await wholeFiles(folder, lines) : new Map();
    if (finished.size === 0) {
      await taken.lock.release();
      await rm(folder, { recursive: true, force: true });
      return new Unfinished(folder, fingerprint, new Map(), undefined);
    }
    return new Unfinished(folder, fingerprint, finished, taken.lock);
  }

  /** Moves a finished file here from the folder that is being filled. */
  async keep(split: Split, shard: WrittenShard, from: string): Promise<void> {
    if (!this.#lock && !(await this.#begin())) return;
    await rename(join(from, shard.name), join(this.#folder, shard.name));
    this.#moved.push(shard.name);
    await appendFile(join(this.#folder, LIST), `${JSON.stringify({ split, ...shard })}\n`, { flush: true });
  }

  /** Moves all files to the folder that is being filled, which is then whole. */
  async moveTo(folder: string): Promise<void> {
    for (const name of this.#moved) await rename(join(this.#folder, name), join(folder, name));
    this.#moved = [];
    await this.discard();
  }

  /** Leaves the files for the next export. */
  async leave(): Promise<void> {
    await this.#lock?.release();
  }

  /** Removes the files. */
  async discard(): Promise<void> {
    if (!this.#lock) return;
    await this.#lock.release();
    await rm(this.#folder, { recursive: true, force: true });
    this.#lock = undefined;
  }

  async #begin(): Promise<boolean> {
    await mkdir(this.#folder, { recursive: true });
    const taken = await takeLock(join(this.#folder, LOCK));
    if (!("lock" in taken)) return false;
    this.#lock = taken.lock;
    await writeFile(join(this.#folder, LIST), `${this.#fingerprint}\n`);
    return true;
  }
}

/** The files of a list, up to the first one of each split that is not as it was. */
async function wholeFiles(folder: string, lines: readonly string[]): Promise<Map<Split, WrittenShard[]>> {
  const finished = new Map<Split, WrittenShard[]>();
  const damaged = new Set<Split>();
  for (const line of lines) {
    const entry = entryOf(line);
    if (!entry || damaged.has(entry.split)) continue;
    const { split, ...shard } = entry;
    const sum = await checksumOf(join(folder, shard.name)).catch(() => undefined);
    if (sum !== shard.sha256) damaged.add(split);
    else finished.set(split, [...(finished.get(split) ?? []), shard]);
  }
  return finished;
}

/** Reads a line; undefined when a kill cut it. */
function entryOf(line: string): ({ readonly split: Split } & WrittenShard) | undefined {
  try {
    const { split: named, name, rows, bytes, sha256 } = JSON.parse(line) as Record<string, unknown>;
    const split = SPLITS.find((each) => each === named);
    if (!split || typeof name !== "string" || typeof sha256 !== "string") return undefined;
    return { split, name, rows: Number(rows), bytes: Number(bytes), sha256 };
  } catch {
    return undefined;
  }
}
