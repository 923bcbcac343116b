/** @file The licence of a dataset that is released: named by an option, or asked for on a terminal, and never chosen in silence. */
import { createInterface } from "node:readline/promises";
import type { Context } from "./context.ts";
import { CliError } from "./errors.ts";

/** What people agreed to: the consent text of the app promises an open licence. */
const OFFERED = "cc-by-4.0";
/** A dataset that is not released needs no licence. */
const NONE = "none";

/** Asks a question and returns what was typed. */
export type Ask = (question: string, signal: AbortSignal) => Promise<string>;

/**
 * The licence to write into the card; undefined for "none".
 * @param ask null when no person can be asked
 * @throws CliError PICKAPIC_USAGE_ARGUMENT when none is named and no person can be asked
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

/** Reads a line from the terminal; null where input or notes go elsewhere. */
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
