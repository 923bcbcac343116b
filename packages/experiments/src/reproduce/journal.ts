/** @file The finished steps of a long experiment on disk: a step that is finished is never made again, so that a killed run goes on where it stopped. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder, writeWholeFile } from "@pickapic/disk";
import { z } from "zod";

/** What a step returned, and how long it took. */
export interface Finished<R> {
  seconds: number;
  result: R;
}

/** The finished steps in a folder: one file for each, which is whole or absent. */
export interface Journal {
  /** The result of a step, or null when it is not finished, or was made with another key. */
  read<R>(step: string, key: string): Promise<Finished<R> | null>;
  /** Records that a step is being made. @returns whether that was recorded before with the same key */
  begin(step: string, key: string): Promise<boolean>;
  /** Records a step as finished and returns its result as it is read back. Results are JSON: numbers are finite, and there are no bigints. */
  write<R>(step: string, key: string, finished: Finished<R>): Promise<Finished<R>>;
}

/** A file of a finished step. The result is the step's own; the key says which step of which settings it is. */
const ENTRY = z.object({ key: z.string(), seconds: z.number(), result: z.unknown() });

/** Opens the finished steps of a folder, which need not exist yet. */
export function openJournal(folder: string): Journal {
  const fileOf = (step: string) => join(folder, `${step}.json`);
  const read = async <R>(step: string, key: string): Promise<Finished<R> | null> => {
    const entry = ENTRY.safeParse(await readFile(fileOf(step), "utf8").then(JSON.parse).catch(nothing));
    if (!entry.success || entry.data.key !== key) return null;
    // The key contains the format of the results, so that a result with this key has this type.
    return { seconds: entry.data.seconds, result: entry.data.result as R };
  };
  return {
    read,
    async begin(step, key) {
      const file = join(folder, `${step}.begun`);
      const before = await readFile(file, "utf8").catch(nothing);
      if (before === key) return true;
      await makeFolder(folder);
      await writeWholeFile(file, key);
      return false;
    },
    async write<R>(step: string, key: string, finished: Finished<R>) {
      await makeFolder(folder);
      await writeWholeFile(fileOf(step), JSON.stringify({ key, ...finished }));
      const written = await read<R>(step, key);
      if (written === null) throw new Error(`journal: ${fileOf(step)} cannot be read back`);
      return written;
    },
  };
}

/** A file that is missing or cut in half is a step that is not finished. */
const nothing = (): null => null;

/** A short text that changes when any of the values does. */
export const keyOf = (values: unknown): string => createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 32);
