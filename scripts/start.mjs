/** @file `npm start`: installs and builds what is missing, then starts the app. Plain JavaScript for Node 20 and newer. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { become } from "./child.mjs";
import { installWhenNeeded, NODE, ROOT } from "./install.mjs";

const BUILT = `${ROOT}packages/web/dist/index.html`;
/** The sources of the pages. When one of them is newer than the built pages, the pages are built again. */
const SOURCES = [
  "packages/web/src",
  "packages/web/index.html",
  "packages/web/public",
  "packages/web/vite.config.ts",
  "packages/server/src/api",
  "packages/server/src/api.ts",
  "package-lock.json",
];

/** Modification time of the newest file at or below a path, in ms since 1970; 0 when nothing is there. */
function newest(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

async function buildWhenNeeded() {
  const built = newest(BUILT);
  if (built > 0 && SOURCES.every((source) => newest(join(ROOT, source)) <= built)) return;
  process.stderr.write("Building the pages ...\n");
  const vite = [`${ROOT}node_modules/vite/bin/vite.js`, "build", "--logLevel", "warn"];
  const code = await become(NODE, vite, { cwd: `${ROOT}packages/web`, stdio: ["ignore", 2, 2] });
  if (code !== 0) process.exit(code);
}

installWhenNeeded();
await buildWhenNeeded();
process.exitCode = await become(NODE, [`${ROOT}packages/cli/bin/pickapic.mjs`, "serve", ...process.argv.slice(2)], {
  stdio: ["inherit", "inherit", "inherit", "ipc"],
});
