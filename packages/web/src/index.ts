/** @file Where the built pages lie, whether they are up to date, and how to build them. For Node; the browser starts at main.tsx. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";

const packageFolder = resolve(import.meta.dirname, "..");
const sources = ["src", "public", "index.html", "vite.config.ts", "package.json"];

/** Absolute path of the folder that holds index.html and assets/ once the pages are built. */
export const webFolder: string = join(packageFolder, "dist");

/** True when the pages are built and no source file is newer than they are. */
export function isBuilt(): boolean {
  const page = join(webFolder, "index.html");
  if (!existsSync(page)) return false;
  const built = statSync(page).mtimeMs;
  return sources.every((source) => newest(join(packageFolder, source)) <= built);
}

/** Builds the pages into webFolder (a few seconds). Throws what the bundler throws. */
export async function buildWeb(): Promise<void> {
  const { build } = await import("vite");
  await build({ root: packageFolder, configFile: join(packageFolder, "vite.config.ts"), logLevel: "warn" });
}

/** Latest change below a path, in ms since 1970. */
function newest(path: string): number {
  const own = statSync(path).mtimeMs;
  if (!statSync(path).isDirectory()) return own;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), own);
}
