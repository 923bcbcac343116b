/** @file The running PostgreSQL of a data folder, as its file postmaster.pid tells: adopting one that a killed server has left, and forgetting a dead one. */
import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { isRunning, isZombie } from "@pickapic/disk";
import pg from "pg";
import { countWorkingIn } from "./force.ts";

const run = promisify(execFile);
/** The role that owns the database. */
export const ROLE = "pickapic";

/** How long a dead postmaster may remain a zombie before its lock file is removed, ms. */
const ZOMBIE_MS = 2_000;

/** A PostgreSQL that runs. */
export interface Postmaster {
  pid: number;
  port: number;
}

/** The address of the database on a port of the loopback interface. */
export function urlOf(password: string, port: number): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/postgres`;
}

/**
 * Waits until a dead postmaster is no longer in the way of a new one. PostgreSQL refuses to start while the process id in postmaster.pid exists, even as a
 * zombie. A zombie is usually collected within milliseconds. Where the first process of a container collects none, the file is removed, as soon as no process
 * works in the data folder any more.
 */
export async function forgetDeadPostmaster(data: string): Promise<void> {
  const end = performance.now() + ZOMBIE_MS;
  for (;;) {
    const pid = await readPid(data);
    if (pid === null || isRunning(pid) || !isZombie(pid)) return;
    if (performance.now() > end && (await countWorkingIn(data)) === 0) return rm(join(data, "postmaster.pid"), { force: true });
    if (performance.now() > end + ZOMBIE_MS) return;
    await wait(20);
  }
}

/**
 * Returns the database that a killed server has left running, or null if there is none. Waits while it is starting or stopping. If the process id in
 * postmaster.pid belongs to another program by now, the file is removed, because PostgreSQL would refuse to start.
 */
export async function adopt({ data, password }: { data: string; password: string }): Promise<Postmaster | null> {
  const end = Date.now() + 30_000;
  for (;;) {
    const postmaster = await readPostmaster(data);
    if (!postmaster || !isRunning(postmaster.pid)) return null;
    if (!(await isPostgres(postmaster.pid, data))) {
      await rm(join(data, "postmaster.pid"), { force: true });
      return null;
    }
    if (await answers(password, postmaster.port, data)) return postmaster;
    if (Date.now() > end) return null;
    await wait(50);
  }
}

/** Returns the process id in postmaster.pid, or null if there is no such file. The process may still be starting. */
export async function readPid(data: string): Promise<number | null> {
  const pid = Number.parseInt(await readFile(join(data, "postmaster.pid"), "utf8").catch(() => ""), 10);
  return pid > 0 ? pid : null;
}

/** Reads postmaster.pid: line 1 is the process id, line 4 the port. Null if the file is missing or has no port yet. */
export async function readPostmaster(data: string): Promise<Postmaster | null> {
  const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port } : null;
}

/** True if the process is the PostgreSQL of this folder: then the folder is on its command line. */
async function isPostgres(pid: number, data: string): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => null);
  if (line !== null) return line.split("\0").includes(data);
  return run("ps", ["-p", String(pid), "-o", "args="]).then(
    ({ stdout }) => stdout.includes(data),
    () => false,
  );
}

/** True if a PostgreSQL on this port accepts the password and serves this folder. */
export async function answers(password: string, port: number, data: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: urlOf(password, port), connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder");
    return rows[0]?.folder === data;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
