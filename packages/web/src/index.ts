/** @file Where the built pages lie, whether they are up to date, and how to build them. For Node; the browser starts at main.tsx. */
import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const packageFolder = resolve(import.meta.dirname, "..");
const sources = ["src", "public", "index.html", "vite.config.ts", "package.json"];

/** Absolute path of the folder that holds index.html and assets/ once the pages are built. */
export const webFolder: string = fileURLToPath(new URL("../dist", import.meta.url));

/** True when the pages are built and no source file is newer than they are. An installed package has the pages and no sources. */
export function isBuilt(): boolean {
  const page = join(webFolder, "index.html");
  if (!existsSync(page)) return false;
  if (!existsSync(join(packageFolder, "src"))) return true;
  const built = statSync(page).mtimeMs;
  return sources.every((source) => newest(join(packageFolder, source)) <= built);
}

/**
 * Builds the pages into webFolder (a few seconds). In a process of its own: in one where NODE_ENV is "test" React would be built for development.
 * @throws Error with what the bundler wrote.
 */
export async function buildWeb(): Promise<void> {
  const vite = join(dirname(createRequire(import.meta.url).resolve("vite/package.json")), "bin/vite.js");
  const env = { ...process.env, NODE_ENV: "production" };
  await promisify(execFile)(process.execPath, [vite, "build", "--logLevel", "warn"], { cwd: packageFolder, env });
}

/** Latest change below a path, in ms since 1970. */
function newest(path: string): number {
  const own = statSync(path).mtimeMs;
  if (!statSync(path).isDirectory()) return own;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), own);
}
