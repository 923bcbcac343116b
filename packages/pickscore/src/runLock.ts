/** @file run.lock: one live process per run folder. The lock of a process that died is taken over. */
import { randomBytes } from "node:crypto";
import { constants, readFileSync } from "node:fs";
import { copyFile, mkdir, open, readFile, rename, rm, rmdir } from "node:fs/promises";
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

/** ms: more than a process takes from making its lock to writing into it, or from reading a stale lock to moving it away. */
const SETTLING_MS = 250;

/**
 * Takes a run folder for this process, and makes it where it is missing. Processes of other machines are not seen.
 * @returns gives it back; a folder that was made for nothing goes, too
 * @throws {PickScoreError} PICKAPIC_RUN_BUSY, naming the live process that has it; DatasetError where nothing can be written
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  await checkPlace(join(folder, "run.lock")); // In /proc mkdir would never return.
  const isNew = (await mkdir(folder, { recursive: true })) !== undefined;
  const file = join(folder, "run.lock");
  const { pid } = process;
  const own: Holder = { pid, since: new Date().toISOString(), begun: beginningOf(pid), token: randomBytes(6).toString("hex") };
  const text = JSON.stringify(own);
  for (let contested = false; !(await create(file, text, contested)); contested = true) {
    const found = await settled(file);
    const holder = holderIn(found);
    if (holder && isAlive(holder)) throw busy(folder, holder);
    await removeStale(file, found);
  }
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

/** False when the name is taken. @param contested others may be taking over the same stale lock: who is in the file after a while has it */
async function create(file: string, text: string, contested: boolean): Promise<boolean> {
  const handle = await open(file, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST") return null;
    throw error;
  });
  if (!handle) return false;
  try {
    await handle.writeFile(text);
  } catch (error) {
    await rm(file, { force: true }); // On a full disk there is room for a name, and none for the text.
    throw error;
  } finally {
    await handle.close();
  }
  if (!contested) return true;
  await setTimeout(SETTLING_MS);
  return (await read(file)) === text;
}

const read = (file: string): Promise<string> => readFile(file, "utf8").catch(() => "");

/** The text of a lock; of one without a text once its process has had the time to write it. */
async function settled(file: string): Promise<string> {
  const text = await read(file);
  if (holderIn(text)) return text;
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

/** Two processes may see the same stale lock: whoever moves away a fresh one by mistake puts it back. */
async function removeStale(file: string, stale: string): Promise<void> {
  const aside = `${file}.${randomBytes(6).toString("hex")}.part`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return; // The other one was faster.
    throw error;
  }
  if ((await read(aside)) !== stale) await copyFile(aside, file, constants.COPYFILE_EXCL).catch(() => {});
  await rm(aside, { force: true });
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
