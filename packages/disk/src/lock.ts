/** @file A lock file, held by at most one running process of this machine. The lock of a process that ended can be taken over. */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { beginningOf, isRunning } from "./processes.ts";
import { refusalOf } from "./refusal.ts";
import { writeWholeFile } from "./whole.ts";

/** What a lock file tells about the process that holds it. */
export interface LockHolder {
  readonly pid: number;
  /** When the lock was taken, ISO 8601. */
  readonly since: string;
  /**
   * When the process started, as `beginningOf` gives it; tells the holder from a later process with the same id. Null where the
   * system does not tell.
   */
  readonly begun: string | null;
  /** What the holder wrote about itself, by name. */
  readonly details: Readonly<Record<string, string | null>>;
}

/** A lock that this process holds. */
export interface HeldLock {
  /** Replaces the details in the lock file. */
  describe(details: Readonly<Record<string, string | null>>): Promise<void>;
  /** Gives the lock back. If the file belongs to another holder by now, it is left alone. */
  release(): Promise<void>;
}

/**
 * How long a lock file may stay empty before it counts as broken. On a disk without hard links, a process creates the file first
 * and writes its text a moment later.
 */
const SETTLING_MS = 250;
/** How long to wait before looking again at a process that is taking over a stale lock. */
const RETRY_MS = 20;

/**
 * Takes a lock for this process. It does not see processes of other machines, so use it only for folders that one machine writes
 * to.
 * @param file path of the lock file; its folder must exist
 * @returns the lock, or the running process that holds it, for the caller's error message
 */
export async function takeLock(
  file: string,
  details: LockHolder["details"] = {},
): Promise<{ lock: HeldLock } | { holder: LockHolder }> {
  const { pid } = process;
  const own = { pid, since: new Date().toISOString(), begun: beginningOf(pid), token: randomBytes(6).toString("hex") };
  const textOf = (more: LockHolder["details"]) => `${JSON.stringify({ ...own, ...more })}\n`;
  const text = textOf(details);
  const holder = await take(file, text, async (other) => other);
  return holder ? { holder } : { lock: held(file, text, textOf) };
}

/** Returns the running process that holds the lock, or null. */
export async function liveHolder(file: string): Promise<LockHolder | null> {
  const holder = holderIn((await read(file)) ?? "");
  return holder && isRunning(holder.pid, holder.begun) ? holder : null;
}

function held(file: string, initial: string, textOf: (details: LockHolder["details"]) => string): HeldLock {
  let text = initial;
  return {
    async describe(details) {
      text = textOf(details);
      await writeWholeFile(file, text);
    },
    async release() {
      if ((await read(file)) === text) await rm(file, { force: true });
    },
  };
}

/**
 * Creates the lock file, or takes over the lock of a process that ended.
 * @param whenHeld called with a running holder: return it to give up, or null to try again
 * @returns null when the lock was taken, else the holder
 */
async function take(
  file: string,
  text: string,
  whenHeld: (holder: LockHolder) => Promise<LockHolder | null>,
): Promise<LockHolder | null> {
  while (!(await create(file, text))) {
    const found = await settled(file);
    if (found === null) continue; // The holder gave it back in the meantime.
    const holder = holderIn(found);
    if (holder && isRunning(holder.pid, holder.begun)) {
      const final = await whenHeld(holder);
      if (final) return final;
    } else if (await takeOver(file, found, text)) return null;
  }
  return null;
}

/**
 * Takes over a stale lock; false when another process was faster. Several processes may find the same stale lock at once. Each
 * first takes a second lock named after the stale text, so only one of them replaces the stale lock, and none replaces a newer
 * one.
 */
async function takeOver(file: string, stale: string, text: string): Promise<boolean> {
  const claim = `${file}.${createHash("sha256").update(stale).digest("hex").slice(0, 12)}`;
  await take(claim, text, () => setTimeout(RETRY_MS, null));
  try {
    if ((await read(file)) !== stale) return false;
    await withTemporary(file, text, (temporary) => rename(temporary, file));
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

/**
 * Creates the lock file; false when it exists. A hard link makes the file appear with its whole text. A disk without hard links
 * gets a copy instead.
 */
async function create(file: string, text: string): Promise<boolean> {
  return withTemporary(file, text, async (temporary) => {
    try {
      await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") throw error;
        return copyFile(temporary, file, constants.COPYFILE_EXCL);
      });
      return true;
    } catch (error) {
      if (refusalOf(error) === "EEXIST") return false;
      throw error;
    }
  });
}

/** Writes the text to a temporary file beside `file`, and removes that file afterwards unless `use` renamed it. */
async function withTemporary<T>(file: string, text: string, use: (temporary: string) => Promise<T>): Promise<T> {
  const temporary = `${file}.${randomBytes(6).toString("hex")}.part`;
  try {
    await writeFile(temporary, text);
    return await use(temporary);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Returns the text of a file, or null when there is no such file. */
async function read(file: string): Promise<string | null> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

/**
 * Returns the text of a lock file. An empty or broken one is read again after `SETTLING_MS`, because its process may still be
 * writing it.
 */
async function settled(file: string): Promise<string | null> {
  const text = await read(file);
  if (text === null || holderIn(text)) return text;
  await setTimeout(SETTLING_MS);
  return read(file);
}

/** Reads a holder from the text of a lock file; null when the text is broken. */
function holderIn(text: string): LockHolder | null {
  try {
    const { pid, since, begun, token: _token, ...rest } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== "number") return null;
    const isText = (entry: [string, unknown]): entry is [string, string | null] =>
      entry[1] === null || typeof entry[1] === "string";
    return {
      pid,
      since: typeof since === "string" ? since : "an unknown time",
      begun: typeof begun === "string" ? begun : null,
      details: Object.fromEntries(Object.entries(rest).filter(isText)),
    };
  } catch {
    return null;
  }
}
