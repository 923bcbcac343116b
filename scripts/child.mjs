/** @file Starts a program in place of the script: it gets the script's signals, and the script gets its exit code. */
import { spawn } from "node:child_process";

/** The pause between two checks whether the parent process is still running, in ms. */
const LOOK_EVERY = 500;

/**
 * Starts `command` and forwards signals to it. When the parent of this process ends, the command gets SIGTERM, because npm and its shell do not forward
 * every signal. Resolves to the exit code.
 */
export function become(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    const parent = process.ppid;
    const look = setInterval(() => process.ppid !== parent && child.kill("SIGTERM"), LOOK_EVERY);
    look.unref();
    const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
    const forward = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, forward);
    child.on("error", (error) => {
      process.stderr.write(`${command} could not be started: ${error.message}.\n`);
      resolve(1);
    });
    child.on("exit", (code, signal) => {
      clearInterval(look);
      for (const name of signals) process.off(name, forward);
      resolve(code ?? (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 137));
    });
  });
}
