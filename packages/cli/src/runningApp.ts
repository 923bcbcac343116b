/** @file Finds the address of a running app: from an option, from the lock of its data folder, or the default. */
import { join } from "node:path";
import { liveHolder } from "@pickapic/disk";
import { CliError } from "./errors.ts";

/** The default address of `pickapic serve`. */
const USUAL = "http://localhost:3000";

/** The help of `--url`. */
export const URL_HELP = `where the app runs (default: where the app of the data folder says that it runs, else ${USUAL})`;

/**
 * Returns the address of the app that a command talks to: the given one, otherwise the one that the app of the data folder has written into its lock,
 * otherwise http://localhost:3000.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT if the address is no http or https URL
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
