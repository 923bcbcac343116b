/**
 * @file How long a test takes, not counting the time for which other programs had the processor. Also the thread that ends a test process once it has
 * used too much processor time: an endless loop leaves no turn to a timer of its own thread.
 */
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { findings, note } from "./journal.ts";

/** How often the test process looks whether its test is waiting, ms. */
export const TICK_MS = 100;
/** A test may use this many times the processor time that it uses without a mutant, and may wait for as many times as long. */
const FACTOR = 5;
/** Processor time and waiting that a test is always allowed, ms. */
const LEAST_MS = 3_000;

/** What a test took, ms: processor time of its process, and time for which it waited for something else than the processor. */
export interface Spent {
  readonly usedMs: number;
  readonly waitedMs: number;
}

/** How much a test may take with a mutant that took `spent` without one. */
export const allowed = ({ usedMs, waitedMs }: Spent): Spent => ({
  usedMs: LEAST_MS + FACTOR * usedMs,
  waitedMs: LEAST_MS + FACTOR * waitedMs,
});

/**
 * How much of the time since the last tick was waiting, ms. A late tick says that this process got no processor, and a process that worked did not wait.
 * @param elapsedMs since the last tick
 * @param usedMs processor time of the process since then
 */
export const waitingIn = (elapsedMs: number, usedMs: number): number =>
  elapsedMs < 1.5 * TICK_MS && usedMs < 0.5 * TICK_MS ? elapsedMs : 0;

// Tests replace the timers and clocks of their process, so these are taken before any test runs.
const { setInterval, clearInterval } = globalThis;
const { hrtime } = process;

/** Processor time of this process with all its threads, ms. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

const nowMs = (): number => Number(hrtime.bigint()) / 1e6;

/** Measures a test. `onTick` is called several times a second with the processor time that the test took so far. */
export class Watch {
  readonly #beganMs = nowMs();
  readonly #usedBeforeMs = processorMs();
  readonly #timer: NodeJS.Timeout;
  #waitedMs = 0;

  constructor(onTick: (spent: Spent) => void) {
    let [lastMs, lastUsedMs] = [this.#beganMs, this.#usedBeforeMs];
    this.#timer = setInterval(() => {
      const [now, used] = [nowMs(), processorMs()];
      this.#waitedMs += waitingIn(now - lastMs, used - lastUsedMs);
      [lastMs, lastUsedMs] = [now, used];
      onTick(this.spent);
    }, TICK_MS);
  }

  get spent(): Spent {
    return { usedMs: processorMs() - this.#usedBeforeMs, waitedMs: this.#waitedMs };
  }

  /** Time by the clock since it began, ms. */
  get elapsedMs(): number {
    return nowMs() - this.#beganMs;
  }

  end(): void {
    clearInterval(this.#timer);
  }
}

/** Ends this process when its processor time goes beyond a limit, and notes the mutant that was begun last as noticed. */
export class ProcessorLimit {
  readonly #limitMs = new Float64Array(new SharedArrayBuffer(8));

  constructor(folder: string) {
    const data: Shared = { limitMs: this.#limitMs, folder };
    new Worker(import.meta.filename, { workerData: data, execArgv: [], stdout: true, stderr: true }).unref();
  }

  /** From now on the process may use this much more, ms. Infinity: as much as it likes. */
  set(ms: number): void {
    this.#limitMs[0] = processorMs() + ms;
  }
}

/** Ends this worker of Vitest and first Vitest itself, which would otherwise report a good end without the tests that are left. */
export function endVitest(): void {
  process.kill(process.ppid, "SIGKILL");
  process.kill(process.pid, "SIGKILL");
}

interface Shared {
  readonly limitMs: Float64Array;
  readonly folder: string;
}

function watchProcess({ limitMs, folder }: Shared): void {
  setInterval(() => {
    const limit = limitMs[0] ?? 0;
    if (limit === 0 || processorMs() < limit) return;
    const { open } = findings(folder);
    if (open && limit === limitMs[0])
      note(folder, { kind: "noticed", ...open, why: "used too much processor time", byTime: true });
    endVitest();
  }, 2 * TICK_MS);
}

if (!isMainThread && workerData?.limitMs instanceof Float64Array) watchProcess(workerData);
