/** @file What a command gets from the outside: streams, environment, clock, and the signal that asks it to stop. */

/** A stream that a command writes to; `columns` is the width of a terminal. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** The world as a command sees it: tests pass their own. */
export interface Context {
  /** Results, and nothing else. */
  readonly stdout: Output;
  /** Progress, notes and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, SIGTERM, or a launcher that is gone. */
  readonly signal: AbortSignal;
  /** ms, rising */
  readonly now: () => number;
  /** One sentence that says how to go on, printed when the command is interrupted. Long commands set it. */
  goOn: string;
}

/** A line of explanation for a person: never part of the result. */
export function note(context: Context, line: string): void {
  context.stderr.write(`${line}\n`);
}

/** A result: as JSON on one line with --json, else as text for people. */
export function result(context: Context, json: boolean | undefined, value: object, text: () => string): void {
  context.stdout.write(`${json ? JSON.stringify(value, plain) : text().replace(/\n$/, "")}\n`);
}

/** Whole numbers of 64 bits become JSON numbers where that is exact, else strings. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

/** Waits for Ctrl-C or whatever else ends the command. */
export function untilStopped({ signal }: Context): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
