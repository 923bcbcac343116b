/** @file Finds the browser that browser.test.ts drives. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const PLACES = ["/usr/bin", "/usr/local/bin", "/snap/bin", "/opt/homebrew/bin", "/Applications/Chromium.app/Contents/MacOS"];

/**
 * The path of Chromium: PICKAPIC_CHROMIUM, or the first one in the PATH and the usual places.
 * @throws Error that says how to get it.
 */
export function findChromium(
  environment: NodeJS.ProcessEnv = process.env,
  runs: (path: string) => boolean = isExecutable,
): string {
  const named = environment.PICKAPIC_CHROMIUM;
  if (named && runs(named)) return named;
  const folders = [...(environment.PATH ?? "").split(delimiter), ...PLACES];
  const found = named ? undefined : folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(runs);
  if (found) return found;
  const came = named ? `PICKAPIC_CHROMIUM names ${named}, which cannot be run` : "none was found";
  throw new Error(
    `The browser test needs Chromium, and ${came}. Install it (Debian, Ubuntu: apt-get install chromium; macOS: brew install --cask chromium), or set PICKAPIC_CHROMIUM to its path.`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
