/** @file A terminal for tests: what a command printed, and with which code it ended. */
import { type Context, run } from "@pickapic/cli";

export interface Ended {
  code: number;
  out: string;
  err: string;
}

export interface TerminalSettings {
  tty?: boolean;
  env?: Record<string, string>;
  signal?: AbortSignal;
  /** ms, rising */
  now?: () => number;
}

/** A context whose streams are kept in memory. */
export function openTerminal({
  tty = false,
  env = {},
  signal = new AbortController().signal,
  now = () => performance.now(),
}: TerminalSettings = {}) {
  const printed = { out: "", err: "" };
  const stream = (name: "out" | "err") => ({
    isTTY: tty,
    columns: 100,
    write(text: string) {
      printed[name] += text;
      return true;
    },
  });
  const context: Context = { stdout: stream("out"), stderr: stream("err"), env, signal, now, goOn: "" };
  return { context, printed };
}

/** Runs one command line in this process. */
export async function pickapic(argv: readonly string[], settings: TerminalSettings = {}): Promise<Ended> {
  const { context, printed } = openTerminal(settings);
  const code = await run(argv, context);
  return { code, ...printed };
}
