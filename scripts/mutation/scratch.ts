/** @file The folder for what tests write while mutants are tried, and what they leave there when their process is ended. */
import { existsSync } from "node:fs";
import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system in memory, where there is one: the tests flush many files, and a disk takes 100 times as long for that. */
const MEMORY = "/dev/shm";

/** Makes the folder, in memory where that can be had. */
export function makeScratch(): Promise<string> {
  return mkdtemp(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "pickapic-mutation-"));
}

/**
 * Ends each PostgreSQL that runs in the folder, and removes the folder. Without this each mutant that ends its process would leave a database behind,
 * because the product's PostgreSQL outlives a killed server on purpose.
 */
export async function removeScratch(folder: string): Promise<void> {
  for await (const file of glob("**/postmaster.pid", { cwd: folder })) {
    const [pid = ""] = (await readFile(join(folder, file), "utf8")).split("\n");
    endAtOnce(Number(pid));
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
}

/** Tells a PostgreSQL to end without tidying up: its folder is removed anyway. */
function endAtOnce(pid: number): void {
  try {
    process.kill(pid, "SIGQUIT");
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
