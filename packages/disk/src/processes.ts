/** @file Which processes of this machine are running, and when they began. */
import { readFileSync } from "node:fs";

/**
 * Whether a process with this id is running, under any user. A zombie, which has ended but whose parent has not asked how, counts as ended.
 * @param begun what `beginningOf` said of the process that is meant: a later process that got the same id is then told apart; null where unknown
 */
export function isRunning(pid: number, begun: string | null = null): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the process is there and belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  if (statOf(pid)?.[0] === "Z") return false;
  const now = beginningOf(pid);
  return begun === null || now === null || begun === now;
}

/** The boot and the clock ticks from it to the start of a process. Null where the system does not tell: only Linux does, and a sandbox may hide it. */
export function beginningOf(pid: number): string | null {
  const ticks = statOf(pid)?.[19];
  const boot = textOf("/proc/sys/kernel/random/boot_id")?.trim();
  return ticks && boot ? `${boot}/${ticks}` : null;
}

/** The fields of /proc/PID/stat from the third, the state, on. The second, the program's name, may hold blanks and brackets. */
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
