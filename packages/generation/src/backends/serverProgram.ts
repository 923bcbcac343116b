/** @file A server of pictures as a child program: it is started when it is first needed and again after its death, and ends with its backend. */

import { basename, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { codeOf } from "@pickapic/errors";
import { GenerationError } from "../errors.ts";
import { RetryLater } from "../http/retryAfter.ts";
import { type Child, type ChildSettings, startChild } from "./childProgram.ts";

/** Which program is started. */
export interface ProgramSettings extends Pick<ChildSettings, "folder" | "environment" | "secret"> {
  /** Name of the model, for errors. */
  readonly name: string;
  /** A path, relative to `folder`, or the name of a program on the PATH. */
  readonly program: string;
  readonly list: readonly string[];
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
  readonly child: Child;
  /** Aborted when it ends. */
  readonly life: AbortController;
  /** Resolves after that. */
  readonly gone: Promise<void>;
  answers: boolean;
}

/** How a program ended last, and when it may be started again. */
interface End {
  readonly how: string;
  readonly said: string;
  readonly restEnds: number;
}

/** How long after a broken connection the end of a program may be noticed, ms. */
const NOTICE_MS = 1_000;

/**
 * Prepares a program; nothing is started before `during`.
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
  let last: End | null = null;

  const endedError = ({ how, said, restEnds }: End) =>
    new GenerationError("PICKAPIC_BACKEND_ENDED", settings.name, how, said).because(
      new RetryLater(Math.max(0, restEnds - now())),
    );
  const start = (): Running => {
    const { program, folder } = settings;
    const child = startChild({ ...settings, program: program.includes("/") ? resolve(folder, program) : program, input: "" });
    const life = new AbortController();
    const gone = child.ended.then((how) => {
      running = null;
      last = {
        how: `its program ${basename(program)} ended: ${how}`,
        said: child.said(),
        restEnds: now() + restAfter(++deaths, times),
      };
      life.abort(endedError(last));
    });
    return { child, life, gone, answers: false };
  };
  const isReady = async (current: Running, signal: AbortSignal | undefined): Promise<boolean> => {
    current.answers ||= await answers(signal);
    signal?.throwIfAborted();
    current.life.signal.throwIfAborted();
    return current.answers;
  };
  /** The program that answers; null when a server does that was there already, such as one that the operator has started. */
  const ready = async (signal: AbortSignal | undefined): Promise<Running | null> => {
    if (!running && (await answers(signal))) return null;
    signal?.throwIfAborted();
    if (!running && last && now() < last.restEnds) throw endedError(last);
    running ??= start();
    const current = running;
    const end = performance.now() + startMs;
    while (!(await isReady(current, signal))) {
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
        if (codeOf(error) === "PICKAPIC_BACKEND_UNREACHABLE") await Promise.race([current.gone, wait(NOTICE_MS)]);
        life.throwIfAborted();
        throw error;
      }
    },
    async stop() {
      if (!running) return;
      const { child, gone } = running;
      child.signal("SIGTERM");
      setTimeout(() => child.signal("SIGKILL"), graceMs).unref();
      await gone;
    },
  };
}

/** How long a program is left alone after it died, ms. @param deaths since the last picture, this one among them */
export function restAfter(deaths: number, { restMs, longestRestMs }: Pick<ProgramTimes, "restMs" | "longestRestMs">): number {
  return Math.min(longestRestMs, restMs * 2 ** (deaths - 1));
}
