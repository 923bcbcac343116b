/** @file Stops the command with npx, which starts it through a shell and passes no signal on. */
import { readFileSync } from "node:fs";

/**
 * npx starts the command through a shell, and neither passes SIGTERM on: the command would go on without them. So it is stopped when the process that
 * started it is gone, or when the shell in between has lost npx.
 */
export function stopWithNpx() {
  const before = ancestors();
  const look = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(look);
    process.kill(process.pid, "SIGTERM");
  }, 500);
  look.unref();
}

/** The process that started this one, and, where that is a shell, the one that started the shell (Linux only). */
function ancestors() {
  try {
    const [, name, , above] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${process.ppid}/stat`, "utf8")) ?? [];
    return /^(da|ba)?sh$/.test(name ?? "") ? `${process.ppid} ${above}` : `${process.ppid}`;
  } catch {
    return `${process.ppid}`;
  }
}
