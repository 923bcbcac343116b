/** @file What a command gets from outside: streams, environment, clock, and the signal that asks it to stop. */

/** A stream that a command writes to. `columns` is the width of a terminal in characters. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Everything that a command uses from outside. Tests pass their own. */
export interface Context {
  /** For results only. */
  readonly stdout: Output;
  /** For progress, notes and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C, by SIGTERM, or when the launcher has ended. */
  readonly signal: AbortSignal;
  /** A monotonic clock, ms. */
  readonly now: () => number;
  /** A sentence that says how to go on, printed when the command is interrupted. Long commands set it. */
  goOn: string;
}

/** Writes a line for the person to stderr. It is never part of the result. */
export function note(context: Context, line: string): void {
  context.stderr.write(`${line}\n`);
}

/** Writes the result to stdout: as one line of JSON with --json, otherwise as text. */
export function result(context: Context, json: boolean | undefined, value: object, text: () => string): void {
  context.stdout.write(`${json ? JSON.stringify(value, plain) : text().replace(/\n$/, "")}\n`);
}

/** Makes 64-bit integers JSON numbers if that is exact, and strings otherwise. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

/** Waits until the command is asked to stop, for example by Ctrl-C. */
export function untilStopped({ signal }: Context): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
