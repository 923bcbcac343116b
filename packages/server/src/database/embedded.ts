/** @file PostgreSQL inside the data folder: made at the first start, started and stopped with us, adopted when its server was killed. */
import { execFile } from "node:child_process";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { basename, join, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { isRunning } from "@pickapic/disk";
import pg from "pg";
import { reasonOf, ServerError } from "../errors.ts";
import { secretIn } from "../folder/secrets.ts";
import { within } from "../within.ts";
import { findBinaries } from "./binaries.ts";
import { stopByForce } from "./force.ts";
import { type DatabaseUser, databaseUser } from "./user.ts";

const run = promisify(execFile);
const ROLE = "pickapic";

/**
 * TCP on the loopback interface with a password, because the path of a Unix socket may have 107 bytes and data folders lie deep.
 * JIT costs more than it saves on short queries. Answers are safe: fsync and synchronous_commit stay on.
 */
const OPTIONS = [
  "listen_addresses=127.0.0.1",
  "unix_socket_directories=",
  "jit=off",
  "max_connections=100",
  // After a crash all files must be on the disk before the log is replayed: one call for the whole file system, where Linux has it, instead of one for each of a thousand files.
  ...(process.platform === "linux" ? ["recovery_init_sync_method=syncfs"] : []),
];

/** How often it is looked whether the database still runs, ms. */
const LOOK_EVERY = 500;
/** By default a stop may take so long, ms. */
const STOP_WITHIN_MS = 60_000;
/** The end of a stop that is left for ending PostgreSQL by force, ms. */
const FORCE_MS = 1_500;

export interface EmbeddedDatabase {
  /** postgres://... with the password. */
  readonly url: string;
  /** Of the first start; it changes when the database had to be started again. */
  readonly pid: number;
  /** True when it ran already: its server was killed. */
  readonly adopted: boolean;
  /**
   * Ends PostgreSQL for good: with a checkpoint if that is done in time, else as after a crash, from which the next start recovers.
   * @param withinMs until nothing of it is left running
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
  /** Ends a start. */
  signal?: AbortSignal;
}

interface Postmaster {
  pid: number;
  port: number;
}

/**
 * Starts the database of a data folder whose lock the caller holds, or adopts it when it still runs. If it dies later (killed for memory,
 * say) it is started again on the same port.
 * @param signal ends a start; then nothing is left running
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

/** Gives the function that stops the database for good. */
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

/** The address of a database that another process runs; null when it does not answer. */
export async function runningEmbedded(folder: string): Promise<string | null> {
  const path = resolve(folder);
  const postmaster = await readPostmaster(join(path, "postgres"));
  if (!postmaster) return null;
  const password = await secretIn(path, "postgres-password");
  return (await answers(password, postmaster.port, join(path, "postgres"))) ? urlOf(password, postmaster.port) : null;
}

function urlOf(password: string, port: number): string {
  return `postgres://${ROLE}:${password}@127.0.0.1:${port}/postgres`;
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

/** True when a data folder holds a database of its own. */
export async function hasEmbedded(folder: string): Promise<boolean> {
  return (await stat(join(folder, "postgres/PG_VERSION")).catch(() => null)) !== null;
}

/** Made beside and then renamed: a first start that is killed leaves no half cluster. */
async function initialise(cluster: Cluster, initdb: string): Promise<void> {
  const { folder, data, password, user } = cluster;
  const beside = `${data}.new`;
  const passwordFile = join(folder, "initdb-password");
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

/** On `port`, or on any free one. */
async function start(cluster: Cluster, port?: number): Promise<Postmaster> {
  const { data, log, pgCtl, user } = cluster;
  // One start is enough of a log; the log of the start before stays beside.
  await rename(log, `${log}.1`).catch(() => undefined);
  await writeFile(log, "", { mode: 0o600 });
  await Promise.all([log, data].map((path) => user.own(path)));
  for (let attempt = 1; ; attempt++) {
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

/** pg_ctl starts the server in a session of its own, so that Ctrl-C at our terminal does not reach it. */
async function runProgram(
  { user, log, signal }: Cluster,
  program: string,
  args: readonly string[],
  timeoutMs = 120_000,
): Promise<void> {
  const [command, line] = user.command(program, args);
  try {
    // The database inherits the environment: none of our secrets goes along.
    const { PATH, SystemRoot } = process.env;
    await run(command, [...line], { env: { PATH, SystemRoot, LC_ALL: "C" }, timeout: timeoutMs, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new ServerError("PICKAPIC_DATABASE_START", await complaintOf(program, error, log), log);
  }
}

/** What PostgreSQL's log calls fatal, else the last words of the program. */
async function complaintOf(program: string, error: unknown, log: string): Promise<string> {
  const { stderr, stdout } = error as { stderr?: string; stdout?: string };
  const logged = (await readFile(log, "utf8").catch(() => "")).match(/(?:FATAL|PANIC|ERROR): {2}(.*)/)?.[1];
  const said = logged ?? (stderr || stdout || reasonOf(error)).trim().split("\n").at(-1) ?? "";
  return `${basename(program)} said "${said}".`;
}

/**
 * The database of a server that was killed, if it still runs and is ours. It may be starting or stopping: then it is waited for.
 * A postmaster.pid whose process is something else by now is removed; PostgreSQL would refuse to start because of it.
 */
async function adopt({ data, password }: Cluster): Promise<Postmaster | null> {
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

/** The process of postmaster.pid, which may still be starting; null when there is none. */
async function readPid(data: string): Promise<number | null> {
  const pid = Number.parseInt(await readFile(join(data, "postmaster.pid"), "utf8").catch(() => ""), 10);
  return pid > 0 ? pid : null;
}

/** Lines of postmaster.pid: 1 process, 2 folder, 3 start, 4 port, ... */
async function readPostmaster(data: string): Promise<Postmaster | null> {
  const lines = (await readFile(join(data, "postmaster.pid"), "utf8").catch(() => "")).split("\n");
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 ? { pid, port } : null;
}

/** True for the PostgreSQL of this folder, which names it on its command line. */
async function isPostgres(pid: number, data: string): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => null);
  if (line !== null) return line.split("\0").includes(data);
  return run("ps", ["-p", String(pid), "-o", "args="]).then(
    ({ stdout }) => stdout.includes(data),
    () => false,
  );
}

/** True when the server on this port takes our password and serves our folder. */
async function answers(password: string, port: number, data: string): Promise<boolean> {
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

/** A port of the loopback interface that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done, failed) => probe.once("error", failed).listen(0, "127.0.0.1", done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return address.port;
}
