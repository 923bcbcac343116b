/** @file As whom PostgreSQL runs: as ourselves, or, when we are root (which it refuses), as an ordinary user of the system. */
import { execFile } from "node:child_process";
import { access, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { ServerError } from "../errors.ts";

const run = promisify(execFile);

export interface DatabaseUser {
  /** The command line that runs a program as this user. */
  command(program: string, args: readonly string[]): [string, readonly string[]];
  /** Gives a file, or a folder with all that is in it, to this user. */
  own(path: string): Promise<void>;
}

const OURSELVES: DatabaseUser = { command: (program, args) => [program, args], own: async () => undefined };

/**
 * @param paths what PostgreSQL has to reach: its programs and its data.
 * @throws ServerError PICKAPIC_DATABASE_ROOT
 */
export async function databaseUser(paths: readonly string[]): Promise<DatabaseUser> {
  if (process.getuid?.() !== 0) return OURSELVES;
  const { uid, gid } = await ordinaryUser();
  await access("/usr/bin/setpriv").catch(() => {
    throw new ServerError("PICKAPIC_DATABASE_ROOT", "there is no /usr/bin/setpriv to give up that right with");
  });
  // Folders that only root may enter (such as /root, or what mktemp makes) stay closed to others: the database process alone
  // keeps the right to pass.
  const reachable = (await Promise.all(paths.map((path) => isReachable(path, uid)))).every(Boolean);
  const rights = reachable ? [] : ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
  const become = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...rights];
  return {
    command: (program, args) => ["/usr/bin/setpriv", [...become, program, ...args]],
    own: async (path) => {
      // A folder that was restored from a backup may belong to root.
      if ((await stat(path)).uid !== uid) await run("chown", ["-R", `${uid}:${gid}`, path]);
    },
  };
}

async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]).catch(() => null);
    if (ids) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new ServerError("PICKAPIC_DATABASE_ROOT", 'the system has neither a user "postgres" nor a user "nobody"');
}

/** True when everybody may pass every folder above the path (or the user owns it). */
async function isReachable(path: string, uid: number): Promise<boolean> {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    const open = found === null || (found.mode & 0o001) !== 0 || found.uid === uid;
    if (!open) return false;
    if (folder === dirname(folder)) return true;
  }
}
