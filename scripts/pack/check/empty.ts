/** @file An empty folder outside of the clone, into which tarballs are installed as a user would, and programs that run there. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, globSync, lstatSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";

/** How long a program may run, in ms. */
const TIMEOUT_MS = 600_000;

const run = promisify(execFile);

/** Creates an empty folder that every user may read, because PostgreSQL runs as another one when root starts it. */
export function emptyFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `pickapic-${name}-`));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  return folder;
}

/** Installs tarballs with npm. @param options further words for npm */
export async function install(folder: string, tarballs: readonly string[], options: readonly string[] = []): Promise<void> {
  await program(folder, "npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", ...options, ...tarballs]);
}

/** The bytes of all files below a folder. */
export const bytesIn = (folder: string): number =>
  globSync("**/*", { cwd: folder, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? lstatSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );

/** Variables that tell programs of the clone they run in. */
const OF_CLONE = /^(?:npm_(?!config_registry)|PICKAPIC_|INIT_CWD$|NODE_COMPILE_CACHE$|NODE_PATH$)/i;

/** The environment of this process without what it knows of the clone, in which a Node of choice comes first. */
function environment(node: string): NodeJS.ProcessEnv {
  const outside = (process.env.PATH ?? "").split(delimiter).filter((each) => !each.includes("node_modules"));
  const known = Object.entries(process.env).filter(([name]) => !OF_CLONE.test(name));
  return { ...Object.fromEntries(known), PATH: [dirname(node), ...outside].join(delimiter) };
}

/** Runs a program to its end. @returns its standard output @throws Error with what it wrote, when it fails */
export async function program(folder: string, name: string, args: readonly string[], node = process.execPath): Promise<string> {
  try {
    const { stdout } = await run(name, args, { cwd: folder, env: environment(node), timeout: TIMEOUT_MS, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`${name} ${args.join(" ")}\n${stdout}${stderr}`.trimEnd(), { cause: error });
  }
}

/** Starts a server that prints a line of JSON with its address, calls `use` with that, and stops it by SIGTERM. @throws Error when it does not end with 143 */
export async function served(
  folder: string,
  name: string,
  args: readonly string[],
  node: string,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const child = spawn(name, args, { cwd: folder, env: environment(node), stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "exit");
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  try {
    const [line] = await Promise.race([
      once(child.stdout.setEncoding("utf8"), "data"),
      ended.then(() => Promise.reject(new Error(`${name} ${args.join(" ")} ended:\n${stderr}`))),
    ]);
    const { url }: { url: string } = JSON.parse(String(line));
    await use(url);
  } finally {
    child.kill("SIGTERM");
  }
  const [code, signal] = await ended;
  if (code !== 0 && code !== 143 && signal !== "SIGTERM") throw new Error(`${name} ended with ${code ?? signal}:\n${stderr}`);
}
