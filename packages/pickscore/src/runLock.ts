/** @file run.lock: one live process per run folder. The lock of a process that died is taken over. */
import { createHash, randomBytes } from "node:crypto";
import { constants, readFileSync } from "node:fs";
import { copyFile, link, mkdir, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { checkPlace } from "@pickapic/dataset";
import { PickScoreError } from "./errors.ts";

interface Holder {
  pid: number;
  /** ISO 8601 */
  since: string;
  /** When the process began, in the system's own count: tells it from a later process with the same id. Null where unknown. */
  begun: string | null;
  /** Tells it from another training of the same process. */
  token: string;
}

/** ms that a lock without a text gets: its process may be about to write it, where the disk knows no links. */
const SETTLING_MS = 250;
/** ms between looks at somebody who takes over a stale lock. */
const PATIENCE_MS = 20;

/**
 * Takes a run folder for this process, and makes it where it is missing. Processes of other machines are not seen.
 * @returns gives it back; a folder that was made for nothing goes, too
 * @throws {PickScoreError} PICKAPIC_RUN_BUSY, naming the live process that has it; DatasetError where nothing can be written
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, "run.lock");
  await checkPlace(file); // In /proc mkdir would never return.
  const isNew = (await mkdir(folder, { recursive: true })) !== undefined;
  const { pid } = process;
  const own: Holder = { pid, since: new Date().toISOString(), begun: beginningOf(pid), token: randomBytes(6).toString("hex") };
  const text = JSON.stringify(own);
  await take(file, text, (holder) => {
    throw busy(folder, holder);
  });
  return async () => {
    if ((await read(file)) === text) await rm(file, { force: true });
    if (isNew) await rmdir(folder).catch(() => {}); // Refused, as it should be, when there is something in it.
  };
}

function busy(folder: string, { pid, since }: Holder): PickScoreError {
  return new PickScoreError(
    "PICKAPIC_RUN_BUSY",
    `${folder}: expected a folder that nobody trains in; process ${pid} has been training here since ${since}: wait until it is done, stop it, or choose another folder.`,
  );
}

/** Makes the lock, or takes over that of a process that is gone. @param held is told who has it; when it returns, it is tried again */
async function take(file: string, text: string, held: (holder: Holder) => void | Promise<void>): Promise<void> {
  while (!(await create(file, text))) {
    const found = await settled(file);
    if (found === null) continue; // Given back meanwhile.
    const holder = holderIn(found);
    if (holder && isAlive(holder)) await held(holder);
    else if (await takeOver(file, found, text)) return;
  }
}

/**
 * Several may see the same stale lock. Whoever takes it over holds a lock of that very text meanwhile, so nobody replaces it twice, nor what came after it.
 * False when somebody was faster.
 */
async function takeOver(file: string, stale: string, text: string): Promise<boolean> {
  const claim = `${file}.${createHash("sha256").update(stale).digest("hex").slice(0, 12)}`;
  await take(claim, text, () => setTimeout(PATIENCE_MS));
  try {
    if ((await read(file)) !== stale) return false;
    await withPart(file, text, (part) => rename(part, file));
    return true;
  } finally {
    await rm(claim, { force: true });
  }
}

/** False when the name is taken. With a link the lock is there with its text, or not at all. */
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

/** The text of a lock; of one without a text once its process has had the time to write it. */
async function settled(file: string): Promise<string | null> {
  const text = await read(file);
  if (text === null || holderIn(text)) return text;
  await setTimeout(SETTLING_MS);
  return read(file);
}

/** Null for half a lock, as a failing disk leaves it. */
function holderIn(text: string): Holder | null {
  try {
    const holder = JSON.parse(text) as Holder;
    return Number.isSafeInteger(holder.pid) && holder.pid > 0 ? holder : null;
  } catch {
    return null;
  }
}

function isAlive({ pid, begun }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // A process of somebody else lives, too.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  if (statOf(pid)?.[0] === "Z") return false; // Ended, and nobody has asked how.
  const now = beginningOf(pid);
  return begun === null || now === null || begun === now;
}

/** Start in clock ticks after boot, and the boot (Linux only). */
function beginningOf(pid: number): string | null {
  const ticks = statOf(pid)?.[19];
  const boot = textOf("/proc/sys/kernel/random/boot_id")?.trim();
  return ticks && boot ? `${boot}/${ticks}` : null;
}

/** The fields of /proc/PID/stat from the third, the state, on; null where there is no such file. */
function statOf(pid: number): string[] | null {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat === null ? null : stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return null;
  }
}
