/**
 * @file The embedded PostgreSQL of a data folder. It is created at the first start, and started and stopped together with the server. If a server was killed
 * and its PostgreSQL still runs, the next server adopts it.
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { isRunning } from "@pickapic/disk";
import { reasonOf, ServerError } from "../errors.ts";
import { secretIn } from "../folder/secrets.ts";
import { portOf } from "../port.ts";
import { within } from "../within.ts";
import { findBinaries } from "./binaries.ts";
import { stopByForce } from "./force.ts";
import { adopt, answers, forgetDeadPostmaster, type Postmaster, ROLE, readPid, readPostmaster, urlOf } from "./postmaster.ts";
import { type DatabaseUser, databaseUser, requireName } from "./user.ts";

const run = promisify(execFile);

/**
 * Options of the embedded PostgreSQL. It listens on the loopback interface with a password, because the path of a Unix socket may have only 107 bytes and
 * that of a data folder may be longer. JIT is off: it costs more than it saves on short queries. fsync and synchronous_commit stay on, so that a stored
 * answer survives a crash.
 */
const OPTIONS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "jit=off",
  "max_connections=100",
  // After a crash PostgreSQL flushes all its files before it replays the log. On Linux one call flushes the whole file system, instead of one for each of a thousand files.
  ...(process.platform === "linux" ? ["recovery_init_sync_method=syncfs"] : []),
];

/** Time between two checks that the database still runs, ms. */
const LOOK_EVERY = 500;
/** How long a stop may take by default, ms. */
const STOP_WITHIN_MS = 60_000;
/** The part of that time that is kept for ending PostgreSQL by force, ms. */
const FORCE_MS = 1_500;

/** A running embedded PostgreSQL. */
export interface EmbeddedDatabase {
  /** postgres://... with the password. */
  readonly url: string;
  /** Process id when it was opened. A later restart gets another one. */
  readonly pid: number;
  /** True if it was already running, left by a server that was killed. */
  readonly adopted: boolean;
  /**
   * Ends PostgreSQL for good: with a checkpoint if there is time, otherwise by force. After the latter, the next start recovers as after a crash.
   * @param withinMs how long it may take until no process of it runs; default 60,000
   */
  stop(withinMs?: number): Promise<void>;
}

interface Cluster {
  /** The folder that holds `postgres/`. */
  folder: string;
  data: string;
  log: string;
  password: string;
  pgCtl: string;
  user: DatabaseUser;
  /** Aborts a start. */
  signal?: AbortSignal;
}

/**
 * Starts the database of a data folder whose lock the caller holds, or adopts it if it still runs. If it dies later, for example because memory ran out, it
 * is restarted on the same port.
 * @param onError called when the database died, and when it could not be restarted
 * @param signal aborts a start and leaves nothing running
 * @throws the reason of the signal; ServerError PICKAPIC_DATABASE_*
 */
export async function openEmbedded(
  folder: string,
  onError: (error: unknown) => void = () => undefined,
  signal?: AbortSignal,
): Promise<EmbeddedDatabase> {
  const cluster = await prepareCluster(resolve(folder), signal);
  const orphan = await adopt(cluster);
  const { pid, port } = orphan ?? (await start(cluster));
  const stop = keepAlive(cluster, { pid, port }, onError);
  return { url: urlOf(cluster.password, port), pid, adopted: orphan !== null, stop };
}

/** Restarts the database whenever it has died. Returns the function that ends this and stops the database for good. */
function keepAlive(
  cluster: Cluster,
  postmaster: Postmaster,
  onError: (error: unknown) => void,
): (withinMs?: number) => Promise<void> {
  let { pid } = postmaster;
  let restarting: Promise<void> | null = null;
  const restart = async () => {
    onError(new Error(`PostgreSQL (process ${pid}) died, and is started again`));
    pid = (await start(cluster, postmaster.port)).pid;
  };
  const look = () => {
    if (restarting || isRunning(pid)) return;
    restarting = restart().catch(onError);
    void restarting.finally(() => {
      restarting = null;
    });
  };
  const timer = setInterval(look, LOOK_EVERY).unref();
  return async (withinMs = STOP_WITHIN_MS) => {
    const end = performance.now() + withinMs;
    clearInterval(timer);
    if (restarting) await within(restarting, withinMs / 2, () => undefined);
    await stop(cluster, (await readPid(cluster.data)) ?? pid, end - performance.now());
  };
}

/** Returns the URL of the database of a data folder that another process runs, or null if it does not answer. */
export async function runningEmbedded(folder: string): Promise<string | null> {
  const path = resolve(folder);
  const postmaster = await readPostmaster(join(path, "postgres"));
  if (!postmaster) return null;
  const password = await secretIn(path, "postgres-password");
  return (await answers(password, postmaster.port, join(path, "postgres"))) ? urlOf(password, postmaster.port) : null;
}

async function prepareCluster(folder: string, signal?: AbortSignal): Promise<Cluster> {
  const { initdb, pgCtl } = await findBinaries();
  const data = join(folder, "postgres");
  const user = await databaseUser([initdb, data]);
  const cluster = {
    folder,
    data,
    log: join(folder, "postgres.log"),
    password: await secretIn(folder, "postgres-password"),
    pgCtl,
    user,
    signal,
  };
  if (!(await hasEmbedded(folder))) await initialise(cluster, initdb);
  return cluster;
}

/** True if a data folder holds an embedded database. */
export async function hasEmbedded(folder: string): Promise<boolean> {
  return (await stat(join(folder, "postgres/PG_VERSION")).catch(() => null)) !== null;
}

/** Creates the files of the database. They are made in a folder beside and then renamed, so that a kill leaves no half-made database. */
async function initialise(cluster: Cluster, initdb: string): Promise<void> {
  const { folder, data, password, user } = cluster;
  const beside = `${data}.new`;
  const passwordFile = join(folder, "initdb-password");
  requireName();
  await Promise.all([beside, data].map((path) => rm(path, { recursive: true, force: true })));
  await mkdir(beside, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  await Promise.all([beside, passwordFile].map((path) => user.own(path)));
  try {
    const args = [`--pgdata=${beside}`, `--username=${ROLE}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    await runProgram(cluster, initdb, [...args, "--encoding=UTF8", "--locale=C", "--no-instructions"]);
    await rename(beside, data);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Starts the database on `port`, or on any free port. */
async function start(cluster: Cluster, port?: number): Promise<Postmaster> {
  const { data, log, pgCtl, user } = cluster;
  // Each start begins a new log. Only the log of the previous start is kept.
  await rename(log, `${log}.1`).catch(() => undefined);
  await writeFile(log, "", { mode: 0o600 });
  await Promise.all([log, data].map((path) => user.own(path)));
  for (let attempt = 1; ; attempt++) {
    await forgetDeadPostmaster(data);
    const options = [...OPTIONS, `port=${port ?? (await freePort())}`].map((option) => `-c ${option}`).join(" ");
    const args = ["start", "--wait", "--timeout=60", `--pgdata=${data}`, `--log=${log}`, `--options=${options}`];
    try {
      await runProgram(cluster, pgCtl, args);
      break;
    } catch (error) {
      if (cluster.signal?.aborted) await stop(cluster, (await readPid(data)) ?? 0, FORCE_MS);
      cluster.signal?.throwIfAborted();
      // Another program may have taken the free port in between.
      if (attempt === 3) throw error;
    }
  }
  const postmaster = await readPostmaster(data);
  if (!postmaster) throw new ServerError("PICKAPIC_DATABASE_START", "it ended at once.", log);
  return postmaster;
}

async function stop(cluster: Cluster, pid: number, withinMs: number): Promise<void> {
  if (pid <= 0 || !isRunning(pid)) return;
  const orderlyMs = Math.max(0, Math.round(withinMs - FORCE_MS));
  const args = ["stop", "--mode=fast", "--wait", `--timeout=${Math.ceil(orderlyMs / 1000)}`, `--pgdata=${cluster.data}`];
  if (orderlyMs > 0) await runProgram({ ...cluster, signal: undefined }, cluster.pgCtl, args, orderlyMs).catch(() => undefined);
  if (isRunning(pid)) await stopByForce(pid);
}

/**
 * Runs a program of PostgreSQL as the database's user. pg_ctl starts PostgreSQL in a session of its own, so that Ctrl-C in the terminal does not reach it.
 * @throws the reason of the cluster's signal; ServerError PICKAPIC_DATABASE_START
 */
async function runProgram(
  { user, log, signal }: Cluster,
  program: string,
  args: readonly string[],
  timeoutMs = 120_000,
): Promise<void> {
  const [command, line] = user.command(program, args);
  try {
    // PostgreSQL inherits this environment, so it must not contain the server's secrets.
    const { PATH, SystemRoot } = process.env;
    await run(command, [...line], { env: { PATH, SystemRoot, LC_ALL: "C" }, timeout: timeoutMs, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ServerError("PICKAPIC_DATABASE_START", await complaintOf(program, error, log), log);
  }
}

/** Returns what went wrong: the first error in PostgreSQL's log, otherwise the last line that the program wrote. */
async function complaintOf(program: string, error: unknown, log: string): Promise<string> {
  const { stderr, stdout } = error as { stderr?: string; stdout?: string };
  const logged = (await readFile(log, "utf8").catch(() => "")).match(/(?:FATAL|PANIC|ERROR): {2}(.*)/)?.[1];
  const said = logged ?? (stderr || stdout || reasonOf(error)).trim().split("\n").at(-1) ?? "";
  return `${basename(program)} said "${said}".`;
}

/** Returns a port of the loopback interface that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, failed) => probe.once("error", failed).listen(0, "127.0.0.1", done));
  const port = portOf(probe);
  await new Promise((done) => probe.close(done));
  return port;
}
