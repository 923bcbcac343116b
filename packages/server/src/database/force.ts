/** @file Ends a PostgreSQL that does not stop when it is asked to. */
import { readdir, readFile, readlink } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { isRunning } from "@pickapic/disk";

/** How often to check whether the processes have ended, after each signal. */
const LOOKS = 10;
/** Time between two checks, ms. */
const LOOK_EVERY_MS = 40;

/**
 * Ends PostgreSQL in whatever state it is, even if its processes were suspended. It recovers at its next start.
 * @param pid process id of the postmaster
 */
export async function stopByForce(pid: number): Promise<void> {
  const family = [pid, ...(await childrenOf(pid))];
  for (const member of family) signalTo(member, "SIGCONT");
  signalTo(pid, "SIGQUIT");
  await untilEnded(family);
  for (const member of family) signalTo(member, "SIGKILL");
  await untilEnded(family);
}

/** Counts the processes whose working directory is a folder, as that of every process of a PostgreSQL is. Always 0 where there is no /proc. */
export async function countWorkingIn(folder: string): Promise<number> {
  const processes = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(processes.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return folders.filter((each) => each === folder).length;
}

async function untilEnded(family: readonly number[]): Promise<void> {
  for (let i = 0; i < LOOKS && family.some((member) => isRunning(member)); i++) await wait(LOOK_EVERY_MS);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has ended already.
  }
}

/** Returns the children of a process on Linux, and none elsewhere. PostgreSQL's children end by themselves when the postmaster is gone. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}
