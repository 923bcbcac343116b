/** @file The process of the command: connects its streams, signals and exit code to the function `run`. */
import type { Context } from "./context.ts";
import { run } from "./program.ts";

/** Time within which a second signal counts as the same Ctrl-C, ms. It may arrive twice: from the terminal, and from the launcher. */
const SAME_KEY_MS = 700;
/** How long the process may stay alive after the command is done, for example for open sockets, ms. */
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
// The launcher (bin/pickapic.mjs) holds the other end of this channel. If the launcher dies, the command stops in an orderly way.
if (process.channel) {
  process.on("disconnect", () => stop(143));
  process.channel.unref();
}
// EPIPE: the reader has closed the pipe, as `| head` does, which is no failure. EIO: the terminal was closed, and the command can still save its work.
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
