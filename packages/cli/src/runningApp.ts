/** @file The address of a running app: from an option, from the lock of its data folder, or the usual one. */
import { join } from "node:path";
import { liveHolder } from "@pickapic/disk";
import { CliError } from "./errors.ts";

/** Where `pickapic serve` listens unless told otherwise. */
const USUAL = "http://localhost:3000";

/** What the help says about the default of `--url`. */
export const URL_HELP = `where the app runs (default: where the app of the data folder says that it runs, else ${USUAL})`;

/**
 * Finds the app that a command talks to: the address that was given; else the one that the app of the data folder has announced; else the usual one.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT for a text that is no address of the web
 */
export async function findApp({ url, data }: { readonly url?: string; readonly data: string }): Promise<URL> {
  const text = url ?? (await announced(data)) ?? USUAL;
  const found = URL.canParse(text) ? new URL(text) : undefined;
  if (found && /^https?:$/.test(found.protocol)) return found;
  throw new CliError("PICKAPIC_USAGE_ARGUMENT", `--url: expected an address such as ${USUAL}, got "${text}".`);
}

async function announced(data: string): Promise<string | undefined> {
  const holder = await liveHolder(join(data, "lock.json")).catch(() => null);
  return holder?.details.url ?? undefined;
}
