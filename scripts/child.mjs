/** @file Runs the program that a script has prepared, as if the script were that program. */
import { spawn } from "node:child_process";

/** How often it is seen whether whoever started us is gone, ms. */
const LOOK_EVERY = 500;

/**
 * Starts `command`; signals go on to it, and its exit code becomes ours. When the process that started us is gone (npm and its shell
 * do not pass every signal on), the command is asked to stop. Resolves to the exit code.
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
