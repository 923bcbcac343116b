/** @file `npm test`: installs what is missing, then runs every test, or those that are named. Plain JavaScript for Node 20 and newer. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { become } from "./child.mjs";
import { fail, installWhenNeeded, NODE, ROOT } from "./install.mjs";

const BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

function runnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of the browser for the browser test: PICKAPIC_CHROMIUM, or the first known browser in the PATH; undefined without any. */
function findBrowser() {
  const named = process.env.PICKAPIC_CHROMIUM;
  if (named) return runnable(named) ? named : undefined;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name))).find(runnable);
}

installWhenNeeded();
const chosen = process.argv.slice(2);
const browser = findBrowser();
if (!browser && chosen.length === 0)
  fail(
    "The browser test needs Chromium, and none was found. Install it (Debian, Ubuntu: apt-get install chromium; macOS: brew install --cask chromium), or set PICKAPIC_CHROMIUM to its path.",
  );
// Puts Node 24 first in the PATH, so that child processes of the tests use it.
const PATH = [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter);
process.exitCode = await become(NODE, [`${ROOT}node_modules/vitest/vitest.mjs`, "run", ...chosen], {
  cwd: ROOT,
  env: { ...process.env, PATH, ...(browser ? { PICKAPIC_CHROMIUM: browser } : {}) },
});
process.stdout.write(process.exitCode === 0 ? "All tests passed.\n" : "Not all tests passed: see above.\n");
