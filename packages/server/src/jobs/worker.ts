/** @file A worker: takes jobs from PostgreSQL as soon as they are committed, and those of workers that died. */
import { EventEmitter } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { Logger, type Runner, run, runMigrations, type WorkerEvents } from "graphile-worker";
import { sql } from "kysely";
import type pg from "pg";
import { type Connection, connect, type Database } from "../database/database.ts";
import { keepConnected } from "../database/session.ts";
import { reasonOf } from "../errors.ts";
import { lockRound } from "../rounds/queries.ts";
import { forget } from "./forget.ts";
import { type GenerateEffects, generateImage, sayWhenStuck } from "./generate.ts";
import { GENERATE } from "./queue.ts";

/** How often the jobs of dead workers are looked for after the start, ms. */
const SWEEP_EVERY = 5_000;
/** Jobs start by LISTEN/NOTIFY; only those that wait for a later time are polled for, ms. */
const POLL_EVERY = 500;
/** After the queue gave up, ms. */
const RESTART_AFTER = 500;

export interface Worker {
  /** Finishes the images that are being made; after 5 s they are given back. */
  stop(): Promise<void>;
}

/** Makes the tables of the queue. */
export function migrateQueue({ pool }: Connection): Promise<void> {
  return runMigrations({ pgPool: pool, logger: QUIET });
}

export async function startWorker(url: string, effects: Omit<GenerateEffects, "db">): Promise<Worker> {
  const onError = (error: unknown) => void effects.log.warn({ error: reasonOf(error) }, "worker: database");
  const connection = connect(url, { size: effects.settings.concurrency + 3, name: "pickapic worker" }, onError);
  const sign = await hangOutSign(url, onError);
  await takeOver(connection.db, effects);
  const jobs = await keepRunning(() => runJobs(connection, sign.events, { ...effects, db: connection.db }), onError);
  const sweep = setInterval(() => takeOver(connection.db, effects).catch(onError), SWEEP_EVERY);
  return {
    async stop() {
      clearInterval(sweep);
      await jobs.stop();
      await connection.close();
      await sign.takeDown();
    },
  };
}

/** The queue gives up when it loses the database in the middle of a job: then it is started again. */
async function keepRunning(start: () => Promise<Runner>, onError: (error: unknown) => undefined): Promise<Worker> {
  const stopping = new AbortController();
  let runner = await start();
  const supervise = async () => {
    while (!stopping.signal.aborted) {
      await runner.promise.catch(onError);
      await wait(RESTART_AFTER, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) runner = (await start().catch(onError)) ?? runner;
    }
  };
  const supervised = supervise();
  return {
    async stop() {
      stopping.abort();
      await runner.stop().catch(onError);
      await supervised;
    },
  };
}

function runJobs({ pool }: Connection, events: WorkerEvents, effects: GenerateEffects): Promise<Runner> {
  return run({
    pgPool: pool,
    events,
    concurrency: effects.settings.concurrency,
    pollInterval: POLL_EVERY,
    noHandleSignals: true,
    logger: QUIET,
    // Without batches the queue does not wait for its own bookkeeping, and a database that goes away in that moment ends the process.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    crontab: "17 3 * * * forget ?fill=1d",
    taskList: {
      [GENERATE]: (payload, { job, abortSignal }) =>
        generateImage({ image: (payload as { image: string }).image, again: job.attempts > 1, signal: abortSignal }, effects),
      forget: () => forget(effects),
    },
  });
}

/** The queue's own lines say nothing that our log does not. */
const QUIET = new Logger(() => () => undefined);

interface Sign {
  events: WorkerEvents;
  takeDown(): Promise<void>;
}

/**
 * A worker lives as long as a connection that bears its name: PostgreSQL closes it the moment the process dies. (The queue itself would
 * wait four hours before it takes a dead worker's job.)
 */
async function hangOutSign(url: string, onError: (error: unknown) => void): Promise<Sign> {
  const events: WorkerEvents = new EventEmitter();
  let name = "pickapic worker";
  const rename = (client: pg.Client) => client.query("select set_config('application_name', $1, false)", [name]);
  const sign = await keepConnected(url, async (client) => void (await rename(client)), onError);
  events.on("pool:create", ({ workerPool }) => {
    name = workerPool.id;
    rename(sign.client()).catch(onError);
  });
  return { events, takeDown: () => sign.close() };
}

/** Frees the jobs of workers that died, and settles images that no job will ever make. */
async function takeOver(db: Database, { settings }: Omit<GenerateEffects, "db">): Promise<void> {
  await sql`
    select graphile_worker.force_unlock_workers(array_agg(distinct locked_by)) from graphile_worker.jobs
    where locked_by is not null and locked_by not in (select application_name from pg_stat_activity where application_name is not null)`.execute(
    db,
  );
  await settleLost(db, settings.attempts);
}

/** Their jobs ran out of lives: each time the worker that had it died. */
async function settleLost(db: Database, tries: number): Promise<void> {
  const { rows } = await sql<{ round_id: string }>`
    update images i set state = 'failed', error = 'the worker died each time'
    where state in ('queued', 'generating') and not exists (
      select from graphile_worker.jobs j where j.key = 'image:' || i.id and (j.attempts < j.max_attempts or j.locked_at is not null)
    )
    returning round_id`.execute(db);
  for (const { round_id } of rows) {
    await db.transaction().execute(async (tx) => {
      const round = await lockRound(tx, round_id);
      if (round) await sayWhenStuck(tx, round, tries);
    });
  }
}
