/** @file The process behind the command: its streams, its signals, its exit code. */
import type { Context } from "./context.ts";
import { run } from "./program.ts";

/** One Ctrl-C may arrive twice: from the terminal, and from the launcher that passes it on. */
const SAME_KEY_MS = 700;
/** After the command is done, whatever still keeps the process alive gets this long. */
const LINGER_MS = 1_000;

const controller = new AbortController();
let stoppedAt = 0;

function stop(exitCode: number): void {
  const now = performance.now();
  if (!controller.signal.aborted) {
    stoppedAt = now;
    controller.abort(new DOMException("The command was interrupted.", "AbortError"));
    process.exitCode = exitCode;
  } else if (now - stoppedAt > SAME_KEY_MS) process.exit(exitCode);
}

process.on("SIGINT", () => stop(130));
process.on("SIGTERM", () => stop(143));
process.on("SIGHUP", () => stop(129));
// The launcher (bin/pickapic.mjs) holds the other end: when it dies, so does the command, in good order.
if (process.channel) {
  process.on("disconnect", () => stop(143));
  process.channel.unref();
}
// A reader that has seen enough (`| head`) is no failure; and when the terminal is closed, there is still something to save.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    if (error.code !== "EIO") throw error;
  });
}

const context: Context = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  signal: controller.signal,
  now: () => performance.now(),
  goOn: "",
};

const code = await run(process.argv.slice(2), context);
const interrupted = code === 130 && typeof process.exitCode === "number" ? process.exitCode : code;
process.exitCode = interrupted;
setTimeout(() => process.exit(interrupted), LINGER_MS).unref();
