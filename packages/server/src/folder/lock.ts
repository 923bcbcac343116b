/** @file lock.json: one live process per data folder. The lock of a process that died is taken over. */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { link, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { ServerError } from "../errors.ts";
import { writeFileAtomically } from "./write.ts";

const Lock = z.object({
  pid: z.int().positive(),
  /** Where it serves; null before it listens, and for commands that serve nothing. */
  url: z.string().nullable(),
  /** ISO 8601 */
  started: z.string(),
  /** What runs: "server", "dataset export", ... */
  purpose: z.string(),
  /** When the process began, in the system's own count: tells it from a later process with the same id. Null where unknown. */
  begun: z.string().nullable(),
});
export type Lock = z.infer<typeof Lock>;

export interface HeldLock {
  /** Writes where the process serves into the lock. */
  announce(url: string): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the lock of a folder.
 * @throws ServerError PICKAPIC_FOLDER_IN_USE naming the live process that has it.
 */
export async function takeLock(folder: string, purpose: string): Promise<HeldLock> {
  const path = join(folder, "lock.json");
  const own: Lock = { pid: process.pid, url: null, started: new Date().toISOString(), purpose, begun: beginningOf(process.pid) };
  for (let attempt = 0; attempt < 5; attempt++) {
    if (await create(path, own)) return held(path, own);
    const found = await readFile(path, "utf8").catch(() => "");
    const other = parseLock(found);
    if (other && isAlive(other)) throw new ServerError("PICKAPIC_FOLDER_IN_USE", folder, describe(other));
    await removeStale(path, found);
  }
  throw new ServerError("PICKAPIC_FOLDER_IN_USE", folder, "another process that is starting at this moment");
}

/** The lock of a live process, or null. */
export async function liveLock(folder: string): Promise<Lock | null> {
  const lock = parseLock(await readFile(join(folder, "lock.json"), "utf8").catch(() => ""));
  return lock && isAlive(lock) ? lock : null;
}

function describe({ pid, url, purpose, started }: Lock): string {
  return `process ${pid} (${purpose}${url === null ? "" : ` at ${url}`}, since ${started})`;
}

/** Null for half a file, which only a failing disk leaves. */
function parseLock(text: string): Lock | null {
  try {
    return Lock.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whole or not at all: the content is written beside, and the link fails when the name is taken. */
async function create(path: string, lock: Lock): Promise<boolean> {
  const beside = `${path}.${randomBytes(6).toString("hex")}`;
  await writeFileAtomically(beside, `${JSON.stringify(lock)}\n`);
  try {
    await link(beside, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(beside, { force: true });
  }
}

/** Two processes may see the same stale lock: whoever moves away a fresh one by mistake puts it back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}.stale`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, "utf8")) !== stale) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function held(path: string, own: Lock): HeldLock {
  return {
    announce: (url) => writeFileAtomically(path, `${JSON.stringify({ ...own, url })}\n`),
    release: () => rm(path, { force: true }),
  };
}

function isAlive({ pid, begun }: Lock): boolean {
  if (!processExists(pid)) return false;
  const now = beginningOf(pid);
  return begun === null || now === null || begun === now;
}

/** True for a running process of anybody; false for one that ended and was not yet waited for. */
export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return statOf(pid)?.[0] !== "Z";
}

/** Start time in clock ticks after boot, and the boot: so that a later process with the same id is told apart (Linux only). */
function beginningOf(pid: number): string | null {
  const ticks = statOf(pid)?.[19];
  return ticks === undefined ? null : `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${ticks}`;
}

/** The fields of /proc/<pid>/stat from the third (the state) on; null where there is no such file. */
function statOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}
