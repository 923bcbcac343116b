/**
 * @file Child programs that end with this process, also when it is killed and can do nothing about it: a guard, which is a shell of its own, reads a pipe
 * whose other end this process holds, and ends the programs when the pipe closes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";

/** How long the programs may take to end after SIGTERM before they are killed, in seconds. */
const GRACE_SECONDS = 5;

/**
 * The guard's program, for any POSIX shell. It reads "+ ID" for each process group that begins and "- ID" for each that has ended. $0 is the grace in
 * seconds.
 */
const GUARD = `trap "" TERM INT HUP
groups=" "
while read -r sign id; do
  case $sign in
    +) groups="$groups$id " ;;
    -) groups="\${groups%% $id *} \${groups#* $id }" ;;
  esac
done
end() { for id in $groups; do kill -s "$1" -- "-$id" && found=yes; done; }
end TERM
[ -z "$found" ] || { sleep "$0"; end KILL; }`;

/** Ends programs when this process has ended. */
export interface Guard {
  /** Adds a program that was started in a process group of its own (`detached`), until it ends. */
  add(program: ChildProcess): void;
}

/** Opens a guard. Its shell starts with the first program, and again when it was killed. On Windows, which has no such shell, it does nothing. */
export function openGuard(graceSeconds: number = GRACE_SECONDS): Guard {
  const groups = new Set<number>();
  let pipe: Socket | null = null;
  const start = (): Socket => {
    const shell = spawn("/bin/sh", ["-c", GUARD, String(graceSeconds)], { stdio: ["pipe", "ignore", "ignore"], detached: true });
    // Without a shell, as in some containers, there is no guard: the programs end by themselves.
    shell.on("error", () => {}).unref();
    if (!(shell.stdin instanceof Socket)) throw new Error("openGuard: expected a pipe to the shell");
    // Nothing can be written to a guard that was killed; the next program starts another.
    const opened = shell.stdin
      .on("error", () => {})
      .on("close", () => {
        if (pipe === opened) pipe = null;
      });
    opened.unref();
    for (const group of groups) opened.write(`+ ${group}\n`);
    return opened;
  };
  return {
    add(program) {
      const { pid } = program;
      if (pid === undefined || process.platform === "win32") return;
      pipe ??= start();
      groups.add(pid);
      pipe.write(`+ ${pid}\n`);
      program.once("exit", () => {
        groups.delete(pid);
        pipe?.write(`- ${pid}\n`);
      });
    },
  };
}

const guard = openGuard();

/**
 * Lets a program that was started in a process group of its own (`detached`), and all that it starts, end when this process has ended, however that
 * happened: by SIGTERM, and by SIGKILL 5 s later. Not on Windows.
 */
export function endWithThisProcess(program: ChildProcess): void {
  guard.add(program);
}

/** Sends a signal to a program that was started in a process group of its own, and to all that it has started. */
export function endGroup({ pid, exitCode, signalCode }: ChildProcess, signal: "SIGTERM" | "SIGKILL"): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}
