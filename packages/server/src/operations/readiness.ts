/** @file Checks whether the server can do its work now, and reports what was found for each thing that it needs. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { offers } from "@pickapic/generation";
import { sql } from "kysely";
import type { ReadyCheck } from "../api.ts";
import type { Database } from "../database/database.ts";
import { reasonOf } from "../errors.ts";
import type { FileStore } from "../files/fileStore.ts";
import type { Services } from "../http/app.ts";
import { spentToday } from "../jobs/limits.ts";
import { recentTroubles } from "../jobs/troubles.ts";

/** Time after which a check has failed, ms. */
const CHECK_WITHIN_MS = 2_000;
/** A worker that was not seen for this long counts as gone, s. */
const GONE_AFTER_S = 10;
/** How long an image may wait although a worker could generate one more, s. */
const IDLE_WAIT_S = 10;

const PROBE_ID = randomUUID();

/** What the checks need. */
export type ReadyServices = Pick<Services, "db" | "changes" | "room" | "settings" | "fileStore">;

/** Runs all checks at the same time. Takes 2 s at most. */
export function readiness(services: ReadyServices): Promise<ReadyCheck[]> {
  const work = workOf(services);
  return Promise.all([
    check("database", async () => {
      await work;
      return "answers";
    }),
    check("worker", async () => checkWorkers(await work)),
    check("queue", async () => checkQueueAge(await work, services.settings.readyQueueAgeMs)),
    check("models", async () => checkModels(services)),
    check("disk", () => checkDisk(services)),
    check("files", () => checkFiles(services.fileStore)),
  ]);
}

/**
 * Runs one check, with a timeout.
 * @param look returns what was found, or throws why the check failed
 */
async function check(name: ReadyCheck["name"], look: () => Promise<string>): Promise<ReadyCheck> {
  const late = async (): Promise<never> => {
    await wait(CHECK_WITHIN_MS, undefined, { ref: false });
    throw new Error(`no answer within ${CHECK_WITHIN_MS} ms`);
  };
  return Promise.race([look(), late()]).then(
    (found) => ({ name, ok: true, found }),
    (error: unknown) => ({ name, ok: false, found: reasonOf(error) }),
  );
}

/** The state of the workers and the queue. */
interface Work {
  workers: number;
  /** How many images all workers can generate at once. */
  hands: number;
  /** How many images they are generating or storing. */
  busy: number;
  /** How many images are queued and due. */
  waiting: number;
  /** How long the oldest image that a person waits for has been due, s. Null if there is none. */
  oldest_s: number | null;
  /** The same among the images of models of which none is being generated: a backend that has its share of the workers lets its other images wait. */
  idle_s: number | null;
}

async function workOf({ db, changes }: ReadyServices): Promise<Work> {
  if (changes.isSilent()) throw new Error("the database does not answer");
  return queryWork(db);
}

async function queryWork(db: Database): Promise<Work> {
  const { rows } = await sql<Work>`
    select w.*, i.* from (
      select count(*) as workers, coalesce(sum(concurrency), 0)::int as hands, coalesce(sum(running), 0)::int as busy from workers
      where abs(extract(epoch from now() - seen_at)) < ${GONE_AFTER_S}
    ) as w, (
      select count(*) as waiting,
        extract(epoch from now() - min(greatest(created_at, due_at)) filter (where urgent))::float8 as oldest_s,
        extract(epoch from now() - min(greatest(created_at, due_at)) filter (
          where urgent and model <> all(array(select g.model from images g where g.state = 'generating'))))::float8 as idle_s
      from images where state = 'queued' and (due_at is null or due_at <= now())
    ) as i`.execute(db);
  const [row] = rows;
  if (!row) throw new Error("the queue could not be read");
  return row;
}

function checkWorkers({ workers, hands, busy }: Work): string {
  if (workers === 0) throw new Error(`no worker has given a sign of life for ${GONE_AFTER_S} s: no image is generated`);
  return `${workers} at work, generating ${busy} of ${hands} images at once`;
}

function checkQueueAge({ waiting, oldest_s, idle_s, hands, busy }: Work, limitMs: number): string {
  const seconds = Math.round(oldest_s ?? 0);
  const found = `${waiting} images wait, the longest that a person waits for since ${seconds} s`;
  if ((idle_s ?? 0) > IDLE_WAIT_S && busy < hands) throw new Error(`${found}, although a worker could take it`);
  if (seconds * 1000 > limitMs) throw new Error(`${found}, longer than ${limitMs / 1000} s`);
  return found;
}

/** Fails when the last image of every model failed. A limit that is used up is what the operator asked for, so it is told and is no failure. */
async function checkModels({ db, settings }: ReadyServices): Promise<string> {
  const models = offers(settings.backends).flatMap(({ model }) => (model.weight === 0 ? [] : [model]));
  const names = models.map(({ name }) => name);
  const troubles = (await recentTroubles(db)).filter(({ model }) => names.includes(model));
  const told = troubles.map(
    ({ reason, failures, rests }) =>
      `${reason} (${failures} in a row${rests ? "; new images are of other models for a while" : ""})`,
  );
  const spent = (await spentToday(db, models)).map(
    ({ model, limit }) => `Model "${model}" has made all that it may make today (${limit}), until 00:00 UTC`,
  );
  const found = [`${names.length - troubles.length} of ${names.length} models have no trouble`, ...told, ...spent].join("; ");
  if (names.length > 0 && troubles.length === names.length) throw new Error(found);
  return found;
}

async function checkDisk({ room, settings }: ReadyServices): Promise<string> {
  const left = `${Math.floor(await room.freeMb())} MB are left`;
  if (!(await room.isEnough())) throw new Error(`${left}, less than ${settings.diskReserveMb} MB: nothing new is generated`);
  return left;
}

async function checkFiles(store: FileStore): Promise<string> {
  // Each process has a probe of its own, because servers on several machines may share the store.
  const probe = `.probe-${PROBE_ID}`;
  await store.put(probe, "can this store be written?\n");
  await store.delete(probe);
  return "can be written";
}
