/** @file Brings node_modules up to package-lock.json when it is missing or older. Plain JavaScript for Node 20 and newer, no dependencies. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Path of a Node 24 or newer: the one that runs this script, or else the one that npm installs into node_modules. */
export const NODE = Number.parseInt(process.versions.node, 10) >= 24 ? process.execPath : `${ROOT}node_modules/.bin/node`;

/** The lock file of the repository, and the one that npm wrote when it last finished an installation. */
const WANTED = `${ROOT}package-lock.json`;
const PRESENT = `${ROOT}node_modules/.package-lock.json`;

function packagesOf(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, "utf8")).packages : {};
}

/** Whether every package of the lock file is installed in its version. Optional ones may be missing, because they are for other machines. */
function installed() {
  const present = packagesOf(PRESENT);
  const wanted = Object.entries(packagesOf(WANTED)).filter(
    ([path, { optional, devOptional }]) => path !== "" && !optional && !devOptional,
  );
  return existsSync(NODE) && wanted.every(([path, { version }]) => path in present && present[path].version === version);
}

/** Runs `npm ci` when packages are missing or old, with a message. When it fails, the process ends. */
export function installWhenNeeded() {
  if (installed()) return;
  process.stderr.write("Installing packages (npm ci): about a minute the first time ...\n");
  // npm's output goes to stderr, because stdout belongs to the program that starts next.
  const npm = spawnSync("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (npm.status !== 0)
    fail(`npm ci failed (${npm.error?.message ?? `exit code ${npm.status}`}): see above, then run the command again.`);
  if (!existsSync(NODE))
    fail(
      `This is Node ${process.versions.node}, and npm brought no Node 24 for this machine: install Node 24 or newer from https://nodejs.org.`,
    );
}

/** Writes a sentence to stderr and ends the process with code 1. */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
