/** @file Ending a PostgreSQL that does not end by itself. */
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { isRunning } from "@pickapic/disk";

/** Looks whether it has ended, and ms between two. */
const LOOKS = 10;
const LOOK_EVERY_MS = 40;

/**
 * Ends PostgreSQL whatever state it is in, also when its processes were stopped by a signal. It recovers at the next start.
 * @param pid of the postmaster
 */
export async function stopByForce(pid: number): Promise<void> {
  const family = [pid, ...(await childrenOf(pid))];
  for (const member of family) signalTo(member, "SIGCONT");
  signalTo(pid, "SIGQUIT");
  await untilEnded(family);
  for (const member of family) signalTo(member, "SIGKILL");
  await untilEnded(family);
}

async function untilEnded(family: readonly number[]): Promise<void> {
  for (let i = 0; i < LOOKS && family.some((member) => isRunning(member)); i++) await wait(LOOK_EVERY_MS);
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

/** Processes that this one has started (Linux; elsewhere PostgreSQL's end by themselves when their parent is gone). */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  return text.split(" ").filter(Boolean).map(Number);
}
