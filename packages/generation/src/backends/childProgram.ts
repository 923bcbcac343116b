/** @file A server of pictures that is started here as a child program: when it is first needed, again after its death, and ended with its backend. */

import { type ChildProcess, spawn } from "node:child_process";
import { basename, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { endGroup, endWithThisProcess } from "@pickapic/disk";
import { codeOf } from "@pickapic/errors";
import { GenerationError } from "../errors.ts";
import { RetryLater } from "../http/retryAfter.ts";

/** Which program is started. */
export interface ProgramSettings {
  /** Name of the model, for errors. */
  readonly name: string;
  /** A path, relative to `folder`, or the name of a program on the PATH. */
  readonly program: string;
  readonly list: readonly string[];
  /** The working directory. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** A text that errors must not repeat; undefined for none. */
  readonly secret: string | undefined;
}

/** The times of a child program, ms, and the clock that they are measured with. */
export interface ProgramTimes {
  /** How long it may take until it answers: it loads its model before. */
  readonly startMs: number;
  /** Pause between two looks at whether it answers. */
  readonly pollMs: number;
  /** How long it is left alone after it died; twice as long after each further death without a picture, up to `longestRestMs`. */
  readonly restMs: number;
  readonly longestRestMs: number;
  /** How long it may take to end after SIGTERM before it is killed. */
  readonly graceMs: number;
  readonly now: () => number;
}

/** The times outside of tests. */
export const PROGRAM_TIMES: Omit<ProgramTimes, "pollMs"> = {
  startMs: 120_000,
  restMs: 1_000,
  longestRestMs: 60_000,
  graceMs: 5_000,
  now: () => performance.now(),
};

/** A program that serves requests and is started when it is needed. */
export interface ServerProgram {
  /**
   * Runs work when the server answers; starts the program first when it does not run and nothing answers in its stead.
   * @param work gets a signal that is also aborted when the program ends
   * @throws what work throws; GenerationError PICKAPIC_BACKEND_ENDED when the program ends, with the last lines that it wrote to standard error, and with
   * `RetryLater` as the cause until it may be started again; PICKAPIC_BACKEND_TIMEOUT; the reason of the signal
   */
  during<T>(signal: AbortSignal | undefined, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T>;
  /** Ends the program with SIGTERM, with SIGKILL when it takes too long, and resolves when it is gone. */
  stop(): Promise<void>;
}

/** For an entry without a program: its server runs already, or its requests say that it does not. */
export const NO_PROGRAM: ServerProgram = { during: (signal, work) => work(signal), stop: async () => {} };

/** A program that runs. */
interface Running {
  readonly child: ChildProcess;
  /** Aborted when it ends. */
  readonly life: AbortController;
  readonly gone: Promise<void>;
  answers: boolean;
}

/**
 * Prepares a program; nothing is started before `ready`.
 * @param answers whether the server answers now
 */
export function serverProgram(
  settings: ProgramSettings,
  times: ProgramTimes,
  answers: (signal: AbortSignal | undefined) => Promise<boolean>,
): ServerProgram {
  const { startMs, pollMs, graceMs, now } = times;
  let running: Running | null = null;
  let deaths = 0;
  let last: { readonly how: string; readonly said: string; readonly restEnds: number } | null = null;

  const endedError = () => {
    const { how = "", said = "", restEnds = 0 } = last ?? {};
    const error = new GenerationError("PICKAPIC_BACKEND_ENDED", settings.name, how, said);
    return error.because(new RetryLater(Math.max(0, restEnds - now())));
  };
  const start = (): Running => {
    const started = startChild(settings, (how, said) => {
      running = null;
      last = { how, said, restEnds: now() + restAfter(++deaths, times) };
      started.life.abort(endedError());
    });
    return started;
  };
  /** The program that answers; null when a server does that was there already, such as one that the operator has started. */
  const ready = async (signal: AbortSignal | undefined): Promise<Running | null> => {
    if (!running && (await answers(signal))) return null;
    if (!running && last && now() < last.restEnds) throw endedError();
    running ??= start();
    const current = running;
    const end = performance.now() + startMs;
    while (!current.answers) {
      signal?.throwIfAborted();
      current.answers = await answers(signal);
      current.life.signal.throwIfAborted();
      if (current.answers) break;
      if (performance.now() > end) throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", settings.name, startMs / 1000);
      await wait(pollMs);
    }
    return current;
  };
  return {
    async during(signal, work) {
      const current = await ready(signal);
      if (!current) return work(signal);
      const life = current.life.signal;
      try {
        const done = await work(signal ? AbortSignal.any([signal, life]) : life);
        deaths = 0;
        return done;
      } catch (error) {
        // A broken connection is noticed before the end of the program that broke it.
        if (codeOf(error) === "PICKAPIC_BACKEND_UNREACHABLE")
          await Promise.race([current.gone, wait(NOTICE_MS, undefined, { ref: false })]);
        life.throwIfAborted();
        throw error;
      }
    },
    async stop() {
      if (!running) return;
      const { child, gone } = running;
      endGroup(child, "SIGTERM");
      const impatience = setTimeout(() => endGroup(child, "SIGKILL"), graceMs);
      await gone.finally(() => clearTimeout(impatience));
    },
  };
}

/** How long after a broken connection the end of a program may be noticed, ms. */
const NOTICE_MS = 1_000;

/** How long a program is left alone after it died, ms. @param deaths since the last picture, this one among them */
export function restAfter(deaths: number, { restMs, longestRestMs }: Pick<ProgramTimes, "restMs" | "longestRestMs">): number {
  return Math.min(longestRestMs, restMs * 2 ** (deaths - 1));
}

/** Starts the program. @param onEnd called once, with how the program ended and what it wrote last */
function startChild(settings: ProgramSettings, onEnd: (how: string, said: string) => void): Running {
  const { program, list, folder, environment, secret } = settings;
  const child = spawn(program.includes("/") ? resolve(folder, program) : program, list, {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
    // A process group of its own, so that Ctrl-C does not end it before its pictures are made, and its own children end with it.
    detached: process.platform !== "win32",
  });
  let written = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    written = (written + text).slice(-MOST_WRITTEN);
  });
  endWithThisProcess(child);
  const { promise: gone, resolve: tellGone } = Promise.withResolvers<void>();
  const end = (how: string) => {
    const said = lastLines(written);
    onEnd(`its program ${basename(program)} ended: ${how}`, secret ? said.replaceAll(secret, "***") : said);
    tellGone();
  };
  child.once("error", (error) => end(error.message));
  // "close" comes when all that it wrote has been read; a program that did not start has none.
  child.once("close", (code, killed) => child.pid !== undefined && end(killed ?? `exit code ${code}`));
  return { child, life: new AbortController(), gone, answers: false };
}

/** Of what a program writes to standard error, no more than this is stored. Characters. */
const MOST_WRITTEN = 16 * 1024;
/** Lines of standard error that an error repeats, and their characters. */
const LINES_SAID = 3;
const MOST_SAID = 400;

function lastLines(written: string): string {
  const lines = written.split(/\r?\n/).flatMap((line) => line.trim() || []);
  return lines.slice(-LINES_SAID).join(" / ").slice(-MOST_SAID) || "nothing";
}
