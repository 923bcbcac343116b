/** @file A program that is started here, in a process group of its own: it gets a text on its standard input, and what it writes and how it ends is kept. */

import { spawn } from "node:child_process";
import { endGroup, endWithThisProcess } from "@pickapic/disk";

/** What is started, and how. */
export interface ChildSettings {
  /** A path, or the name of a program on the PATH; a whole command line where `isCommandLine` is true. */
  readonly program: string;
  readonly list?: readonly string[];
  /** True: a shell reads `program`. */
  readonly isCommandLine?: boolean;
  /** The working directory. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A text that errors must not repeat; undefined for none. */
  readonly secret: string | undefined;
  /** Written to its standard input, which is closed then. */
  readonly input: string;
}

/** A program that was started. */
export interface Child {
  /** How it ended, such as "exit code 0", "SIGKILL" or why it did not start; resolves when all that it wrote has been read. */
  readonly ended: Promise<string>;
  /** The end of what it wrote to standard output. */
  output(): string;
  /** The last lines of what it wrote to standard error, without the secret; "nothing" when there are none. */
  said(): string;
  /** Sends a signal to it and to all that it has started. Does nothing when it has ended. */
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

/** Of each stream that a program writes, no more than this is stored. Characters. */
const MOST_WRITTEN = 64 * 1024;
/** Lines of standard error that an error repeats, and their characters. */
const LINES_SAID = 3;
const MOST_SAID = 400;
/** How long after its end its streams may stay open, which a program that it has left running may hold. ms */
const LINGER_MS = 500;

/** Starts a program. It ends with this process at the latest, also when this process is killed. */
export function startChild({
  program,
  list = [],
  isCommandLine = false,
  folder,
  environment,
  secret,
  input,
}: ChildSettings): Child {
  const child = spawn(program, list, {
    shell: isCommandLine,
    cwd: folder,
    env: environment,
    // A process group of its own, so that Ctrl-C does not end it before its pictures are made, and its own children end with it.
    detached: process.platform !== "win32",
  });
  endWithThisProcess(child);
  child.once("exit", () => {
    for (const stream of [child.stdout, child.stderr]) setTimeout(() => stream.destroy(), LINGER_MS).unref();
  });
  const written = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const)
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      written[stream] = (written[stream] + text).slice(-MOST_WRITTEN);
    });
  // A program that ends without reading breaks the pipe; its end says why.
  child.stdin.on("error", () => {}).end(input);
  return {
    ended: new Promise((tell) => {
      child.once("error", (error) => tell(error.message));
      child.once("close", (code, killed) => tell(killed ?? `exit code ${code}`));
    }),
    output: () => written.stdout,
    said: () => lastLines(secret ? written.stderr.replaceAll(secret, "***") : written.stderr),
    signal: (name) => endGroup(child, name),
  };
}

function lastLines(written: string): string {
  const lines = written.split(/[\r\n]/).flatMap((line) => line.trim() || []);
  return lines.slice(-LINES_SAID).join(" / ").slice(-MOST_SAID) || "nothing";
}
