/** @file Work that several test files need and one of them does. */
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { takeLock } from "@pickapic/disk";
import { inject } from "vitest";

/**
 * Returns when the work is done: by this process or, while it waits, by that of another test file.
 * @param what is done; the same words in every file mean the same work
 */
export async function once(what: string, work: () => Promise<void>): Promise<void> {
  const done = join(inject("runFolder"), `${what}.done`);
  while (!existsSync(done)) {
    const taken = await takeLock(join(inject("runFolder"), `${what}.lock`), { purpose: what });
    if (!("lock" in taken)) {
      await wait(100);
      continue;
    }
    try {
      if (existsSync(done)) return;
      await work();
      writeFileSync(done, "");
    } finally {
      await taken.lock.release();
    }
  }
}
