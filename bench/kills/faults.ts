/** @file The faults of the benchmark `kills`, and how long the app takes until images are generated again. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { findBinaries } from "../../packages/server/src/database/binaries.ts";
import { databaseUser } from "../../packages/server/src/database/user.ts";
import { imageFiles } from "../../packages/server/src/files/imageFiles.ts";
import { openFileStore } from "../../packages/server/src/files/openFileStore.ts";
import type { App } from "./app.ts";

export type Fault = "server" | "backend" | "postmaster" | "both" | "external restart";

/** The longest wait for an image after a fault, in ms. It counts as a stall. */
const GIVE_UP_MS = 60_000;

export interface Target {
  app: App;
  dataFolder: string;
  /** The bucket with the pictures. Undefined: they lie in the data folder. */
  filesUrl?: string;
  /** The folder that contains `postgres/`. */
  databaseFolder: string;
  databaseUrl(): Promise<string>;
}

export interface Outcome {
  fault: Fault;
  /** Time from the start of a killed app until it is ready, in ms; null when it was not killed. */
  restartMs: number | null;
  /** Time from the fault, or from the readiness of a killed app, until an image was generated, in ms. */
  stallMs: number;
}

/** Causes a fault, starts the app again if it was killed, and waits until an image is generated. */
export async function strike(fault: Fault, target: Target): Promise<Outcome> {
  const { app } = target;
  if (fault === "server" || fault === "both") await app.kill();
  if (fault === "postmaster" || fault === "both") process.kill(await postmasterOf(target.databaseFolder), "SIGKILL");
  if (fault === "backend") process.kill(await backendOf(target), "SIGKILL");
  if (fault === "external restart") await restartExternal(target.databaseFolder);
  const restartMs = fault === "server" || fault === "both" ? await app.start() : null;
  const begun = performance.now();
  await imageAfter(target);
  return { fault, restartMs, stallMs: performance.now() - begun };
}

async function postmasterOf(folder: string): Promise<number> {
  return Number.parseInt(await readFile(join(folder, "postgres/postmaster.pid"), "utf8"), 10);
}

/** The process id of a random database connection of the app. */
async function backendOf(target: Target): Promise<number> {
  const rows = await query<{ pid: number }>(
    target,
    "select pid from pg_stat_activity where application_name like 'pickapic%' order by random() limit 1",
  );
  const [row] = rows ?? [];
  if (!row) throw new Error("the app has no connection to kill");
  return row.pid;
}

/**
 * Stops the external PostgreSQL properly, without telling the app. The code that opened this PostgreSQL notices that and starts it again, so fast that a wait for
 * the end of the old one might wait for the new one.
 */
async function restartExternal(folder: string): Promise<void> {
  const { pgCtl } = await findBinaries();
  const data = join(folder, "postgres");
  const user = await databaseUser([pgCtl, data]);
  const [command, words] = user.command(pgCtl, ["stop", "--mode=fast", "--no-wait", `--pgdata=${data}`]);
  await promisify(execFile)(command, [...words], { timeout: 60_000 });
}

/** Waits for an image that became ready after this moment. */
async function imageAfter(target: Target): Promise<void> {
  const end = performance.now() + GIVE_UP_MS;
  let since: string | undefined;
  while (performance.now() < end) {
    const rows = await query<{ now: string; count: number }>(
      target,
      "select now()::text as now, count(*)::int as count from images where ready_at > coalesce($1::timestamptz, now())",
      [since ?? null],
    );
    const [row] = rows ?? [];
    if (row && since !== undefined && row.count > 0) return;
    since ??= row?.now;
    await wait(100);
  }
}

/** The rows of one statement, over a new connection; null while the database cannot be reached. */
async function query<T extends pg.QueryResultRow>(target: Target, text: string, values: unknown[] = []): Promise<T[] | null> {
  const client = new pg.Client({
    connectionString: await target.databaseUrl(),
    connectionTimeoutMillis: 2_000,
    query_timeout: 2_000,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.query<T>(text, values)).rows;
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The number of answers beyond the first that are stored for a pair. */
export async function storedTwice(target: Target): Promise<number> {
  const rows = await query<{ twice: number }>(
    target,
    "select (count(*) - count(distinct comparison_id))::int as twice from rankings where withdrawn_at is null",
  );
  const [row] = rows ?? [];
  if (!row) throw new Error("the answers could not be counted");
  return row.twice;
}

/** The number of pictures that the database names and the file store does not have. */
export async function missingPictures(target: Target): Promise<number> {
  const rows = await query<{ hash: string }>(target, "select content_hash as hash from images where state = 'ready'");
  if (!rows) throw new Error("the pictures could not be counted");
  const files = imageFiles(await openFileStore(target.dataFolder, target.filesUrl));
  let missing = 0;
  for (const { hash } of rows) missing += (await files.get(hash).catch(() => null)) === null ? 1 : 0;
  return missing;
}
