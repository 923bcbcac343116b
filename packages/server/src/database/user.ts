/** @file Chooses the system user that runs PostgreSQL: the present user or, if that is root (which PostgreSQL refuses), an ordinary user of the system. */
import { execFile } from "node:child_process";
import { access, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { ServerError } from "../errors.ts";

const run = promisify(execFile);

/** The system user that runs PostgreSQL. */
export interface DatabaseUser {
  /** Returns the command line that runs a program as this user. */
  command(program: string, args: readonly string[]): [string, readonly string[]];
  /** Makes this user the owner of a file, or of a folder and everything in it. */
  own(path: string): Promise<void>;
}

const OURSELVES: DatabaseUser = { command: (program, args) => [program, args], own: async () => undefined };

/**
 * Returns the user that is to run PostgreSQL.
 * @param paths files and folders that PostgreSQL must be able to reach: its programs and its data
 * @throws ServerError PICKAPIC_DATABASE_ROOT if this process is root and has no way to run PostgreSQL as another user
 */
export async function databaseUser(paths: readonly string[]): Promise<DatabaseUser> {
  if (process.getuid?.() !== 0) return OURSELVES;
  const { uid, gid } = await ordinaryUser();
  await access("/usr/bin/setpriv").catch(() => {
    throw new ServerError("PICKAPIC_DATABASE_ROOT", "there is no /usr/bin/setpriv to give up that right with");
  });
  // A folder that only root may enter, such as /root, must stay closed to other users. So only the database process gets the right to
  // pass through it. PostgreSQL's programs ask access(2) whether they may read each other, and for that call the kernel takes all
  // rights from a user who is not root, unless no_setuid_fixup is set.
  const reachable = (await Promise.all(paths.map((path) => isReachable(path, uid)))).every(Boolean);
  const rights = reachable ? [] : ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"];
  const become = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...rights];
  return {
    command: (program, args) => ["/usr/bin/setpriv", [...become, program, ...args]],
    own: async (path) => {
      // A folder that was restored from a backup may belong to root.
      if ((await stat(path)).uid !== uid) await run("chown", ["-R", `${uid}:${gid}`, path]);
    },
  };
}

/**
 * Checks that the user of this process has a name, without which initdb makes no database. In a container, a user given by its number may have none.
 * @throws ServerError PICKAPIC_DATABASE_NAMELESS if it has none
 */
export function requireName(lookUp: () => unknown = userInfo): void {
  try {
    lookUp();
  } catch {
    throw new ServerError("PICKAPIC_DATABASE_NAMELESS", String(process.getuid?.()));
  }
}

async function ordinaryUser(): Promise<{ uid: number; gid: number }> {
  for (const name of ["postgres", "nobody"]) {
    const ids = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]).catch(() => null);
    if (ids) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new ServerError("PICKAPIC_DATABASE_ROOT", 'the system has neither a user "postgres" nor a user "nobody"');
}

/** True if the user can pass through every folder above the path: all users may enter it, or this user owns it. */
async function isReachable(path: string, uid: number): Promise<boolean> {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    const found = await stat(folder).catch(() => null);
    const open = found === null || (found.mode & 0o001) !== 0 || found.uid === uid;
    if (!open) return false;
    if (folder === dirname(folder)) return true;
  }
}
