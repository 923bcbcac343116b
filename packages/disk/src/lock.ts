/** @file A lock file: held by one running process of this machine. The lock of a process that ended is taken over. */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { beginningOf, isRunning } from "./processes.ts";
import { writeWholeFile } from "./whole.ts";

/** What a lock file says of the process that holds it. */
export interface LockHolder {
  readonly pid: number;
  /** ISO 8601: when the lock was taken. */
  readonly since: string;
  /** When the process began, in the system's own count: tells it from a later process with the same id. Null where unknown. */
  readonly begun: string | null;
  /** What the holder says of itself, by name. */
  readonly details: Readonly<Record<string, string | null>>;
}

/** A lock that this process holds. */
export interface HeldLock {
  /** Writes other details into the lock. */
  describe(details: Readonly<Record<string, string | null>>): Promise<void>;
  /** Gives the lock back. A lock that is no longer this one is left alone. */
  release(): Promise<void>;
}

/** ms that a lock without a text is given: where the disk knows no hard links its process may be about to write it. */
const SETTLING_MS = 250;
/** ms between two looks at a process that takes over a stale lock. */
const RETRY_MS = 20;

/**
 * Takes a lock for this process. Processes of other machines are not seen, so the lock is for folders of one machine.
 * @param file in a folder that is there
 * @returns the lock, or the running process that holds it: the caller knows how to word that
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

/** The running process that holds a lock, or null. */
export async function liveHolder(file: string): Promise<LockHolder | null> {
  const holder = holderIn((await read(file)) ?? "");
  return holder && isRunning(holder.pid, holder.begun) ? holder : null;
}

function held(file: string, first: string, textOf: (details: LockHolder["details"]) => string): HeldLock {
  let text = first;
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
 * Makes the lock file, or takes over that of a process that ended.
 * @param whenHeld what to do about a running holder: a holder that it returns ends the attempt, null makes another one
 * @returns null when the lock is taken
 */
async function take(
  file: string,
  text: string,
  whenHeld: (holder: LockHolder) => Promise<LockHolder | null>,
): Promise<LockHolder | null> {
  while (!(await create(file, text))) {
    const found = await settled(file);
    if (found === null) continue; // Given back meanwhile.
    const holder = holderIn(found);
    if (holder && isRunning(holder.pid, holder.begun)) {
      const final = await whenHeld(holder);
      if (final) return final;
    } else if (await takeOver(file, found, text)) return null;
  }
  return null;
}

/**
 * Several processes may see the same stale lock. The one that takes it over holds a second lock meanwhile, which is named after the stale text, so
 * that no two processes replace one stale lock and none replaces the lock that came after it. False when another process was faster.
 */
async function takeOver(file: string, stale: string, text: string): Promise<boolean> {
  const claim = `${file}.${createHash("sha256").update(stale).digest("hex").slice(0, 12)}`;
  await take(claim, text, () => setTimeout(RETRY_MS, null));
  try {
    if ((await read(file)) !== stale) return false;
    await withPart(file, text, (part) => rename(part, file));
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

/** False when the name is taken. With a hard link the lock is there with its text or not at all; disks without them get a copy. */
async function create(file: string, text: string): Promise<boolean> {
  return withPart(file, text, async (part) => {
    try {
      await link(part, file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST") throw error;
        return copyFile(part, file, constants.COPYFILE_EXCL);
      });
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    }
  });
}

/** Writes a text beside a file, and takes it away again unless it was renamed. */
async function withPart<T>(file: string, text: string, use: (part: string) => Promise<T>): Promise<T> {
  const part = `${file}.${randomBytes(6).toString("hex")}.part`;
  try {
    await writeFile(part, text);
    return await use(part);
  } finally {
    await rm(part, { force: true });
  }
}

/** Null when there is no such file. */
async function read(file: string): Promise<string | null> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}

/** The text of a lock; of one without a whole text what is there once its process has had the time to write it. */
async function settled(file: string): Promise<string | null> {
  const text = await read(file);
  if (text === null || holderIn(text)) return text;
  await setTimeout(SETTLING_MS);
  return read(file);
}

/** Null for half a lock, as a failing disk leaves it. */
function holderIn(text: string): LockHolder | null {
  try {
    const { pid, since, begun, token: _token, ...rest } = JSON.parse(text) as Record<string, unknown>;
    if (typeof pid !== "number" || !Number.isSafeInteger(pid) || pid <= 0) return null;
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
