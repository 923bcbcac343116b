/** @file Finds the licence of a dataset: from an option, or by asking on the terminal. It is never chosen without the person. */
import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";
import { CliError } from "./errors.ts";

/** The licence that is suggested. People agreed to an open one in the consent text of the app. */
const OFFERED = "cc-by-4.0";
/** The answer for a dataset that is not released and needs no licence. */
const NONE = "none";

/** Asks a question and returns what was typed. */
export type Ask = (question: string, signal: AbortSignal) => Promise<string>;

/**
 * Returns the licence to write into the dataset card. Undefined for "none".
 * @param named the licence that the option names, if any
 * @param ask asks the person; null if no person can be asked
 * @throws CliError PICKAPIC_USAGE_ARGUMENT if no licence is named and no person can be asked
 */
export async function licenseOf(
  context: Context,
  named: string | undefined,
  ask = terminalAsk(context),
): Promise<string | undefined> {
  const license = named ?? (await askFor(context, ask));
  return license === NONE ? undefined : license;
}

async function askFor({ stderr, signal }: Context, ask: Ask | null): Promise<string> {
  if (ask === null)
    throw new CliError(
      "PICKAPIC_USAGE_ARGUMENT",
      `A dataset needs a licence: name one with --license, such as --license ${OFFERED} (people agreed to an open licence), or --license ${NONE} for a dataset that you do not release.`,
    );
  stderr.write(
    `Under which licence is the dataset released? People agreed to an open one. Examples: ${OFFERED} (others name the source), cc0-1.0 (no conditions),\nmit (the original's), ${NONE} (not released). --license answers this beforehand.\n`,
  );
  return (await ask(`Licence [${OFFERED}]: `, signal)).trim() || OFFERED;
}

/** Returns the function that asks on the terminal. Null if stdin or stderr is not a terminal, or in continuous integration. */
function terminalAsk({ stderr, env }: Context): Ask | null {
  if (!process.stdin.isTTY || !stderr.isTTY || env.CI) return null;
  return async (question, signal) => {
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return await lines.question(question, { signal });
    } finally {
      lines.close();
    }
  };
}
