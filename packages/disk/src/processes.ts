/** @file Which processes of this machine are running, and since when. */
import { readFileSync } from "node:fs";
import { refusalOf } from "./refusal.ts";

/**
 * Whether a process with this id is running, under any user. A zombie (ended, but not yet collected by its parent) does not
 * count.
 * @param begun what `beginningOf` returned for the process, so that a later process with the same id does not count; null when
 * unknown
 */
export function isRunning(pid: number, begun: string | null = null): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM means that the process exists and belongs to another user.
    if (refusalOf(error) !== "EPERM") return false;
  }
  if (isZombie(pid)) return false;
  const now = beginningOf(pid);
  return begun === null || now === null || begun === now;
}

/** Whether a process has ended but still has its id, because its parent has not collected it. Only Linux tells; false elsewhere. */
export function isZombie(pid: number): boolean {
  return statOf(pid)?.[0] === "Z";
}

/**
 * Returns when a process started, as an opaque text (boot id and clock ticks). Null where the system does not tell: only Linux
 * does, and a sandbox may hide it.
 */
export function beginningOf(pid: number): string | null {
  const ticks = statOf(pid)?.[19];
  const boot = textOf("/proc/sys/kernel/random/boot_id")?.trim();
  return ticks && boot ? `${boot}/${ticks}` : null;
}

/**
 * Returns the fields of /proc/PID/stat from the third one, the state. The second one, the program's name, may contain blanks and
 * brackets.
 */
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
