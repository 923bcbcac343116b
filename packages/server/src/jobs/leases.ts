/**
 * @file Leases of images: which worker has which image, and until when. A worker takes an image with a lease and renews the leases of
 * all its images every second. When a worker vanishes, its leases end and other workers take its images. All times come from the
 * database's clock.
 */
import { hostname } from "node:os";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { PromptedImage } from "../images/request.ts";
import { ASIDE_FROM, IMAGE_CHANNEL } from "./queue.ts";

/** How long a lease lasts: a worker that has not renewed its leases for this long counts as lost, ms. */
export const LEASE_MS = 5_000;

/** An image whose worker was lost this many times is given up, because the image may be the cause. */
const LOST_AT_MOST = 5;

/** A time later than this was written before the clock was set back, so it counts as past. */
const CLOCK_SET_BACK = sql`now() + interval '1 hour'`;

/** What a worker tells the database about itself. */
export interface WorkerName {
  id: string;
  /** Largest number of images that it generates at once. */
  concurrency: number;
}

/**
 * Takes the next image of the queue for a worker. Undefined if none waits. No two workers get the same image.
 * @param which aside false: images of the best-of-n page are left in the queue; without: so are images of these models
 */
export async function takeImage(
  db: Database,
  worker: string,
  { aside = true, without = [] }: { aside?: boolean; without?: readonly string[] } = {},
): Promise<PromptedImage | undefined> {
  const { rows } = await sql<PromptedImage>`
    with next as (
      select id from images
      where state = 'queued' and (due_at is null or due_at <= now() or due_at > ${CLOCK_SET_BACK})
        and (turn < ${ASIDE_FROM}::bigint or ${aside}::boolean) and model <> all(${without}::text[])
      order by urgent desc, turn, number limit 1 for update skip locked)
    update images i set state = 'generating', fraction = 0, worker_id = ${worker}, lease_until = now() + ${LEASE_MS} * interval '1 ms'
    from next, rounds r where i.id = next.id and r.id = i.round_id
    returning i.*, r.prompt, r.best_of,
      setval('turn_now', greatest(case when i.turn < ${ASIDE_FROM}::bigint then i.turn else 0 end, (select last_value from turn_now)))`.execute(
    db,
  );
  return rows[0];
}

/**
 * Renews the leases of the images that the worker generates, and puts back images whose worker was lost. These are images with an
 * expired lease, and images of this worker that it does not know of because the connection broke while it took or finished them.
 * @param running ids of the images that the worker generates
 * @returns ids of the rounds of images that were given up
 */
export async function beat(db: Database, { id, concurrency }: WorkerName, running: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ round_id: string; state: string }>`
    with alive as (
      insert into workers (id, host, concurrency, running, seen_at) values (${id}, ${hostname()}, ${concurrency}, ${running.length}, now())
      on conflict (id) do update set running = excluded.running, seen_at = excluded.seen_at),
    renewed as (
      update images set lease_until = now() + ${LEASE_MS} * interval '1 ms'
      where id = any(${running}::uuid[]) and state = 'generating' and worker_id = ${id}),
    lost as (
      select id from images
      where state = 'generating' and id <> all(${running}::uuid[])
        and (worker_id = ${id} or lease_until is null or lease_until < now() or lease_until > ${CLOCK_SET_BACK})
      for update skip locked)
    update images i set lost = i.lost + case when i.worker_id = ${id} then 0 else 1 end, worker_id = null, lease_until = null,
      state = case when i.lost + 1 >= ${LOST_AT_MOST} and i.worker_id <> ${id} then 'failed' else 'queued' end,
      error = case when i.lost + 1 >= ${LOST_AT_MOST} and i.worker_id <> ${id} then 'its worker was lost each time' else i.error end
    from lost where i.id = lost.id
    returning i.round_id, i.state`.execute(db);
  return rows.filter(({ state }) => state === "failed").map(({ round_id }) => round_id);
}

/**
 * Puts back an image that this worker could not finish for a reason outside the image.
 * @param delayMs how long no worker may take it
 */
export async function putBack(db: Database, image: string, worker: string, delayMs: number): Promise<void> {
  await sql`
    with back as (
      update images set state = 'queued', worker_id = null, lease_until = null, due_at = now() + ${delayMs} * interval '1 ms'
      where id = ${image} and state = 'generating' and worker_id = ${worker} returning id)
    select pg_notify(${IMAGE_CHANNEL}, '') from back`.execute(db);
}

/** Removes a stopping worker from the table of workers. */
export async function signOff(db: Database, worker: string): Promise<void> {
  await db.deleteFrom("workers").where("id", "=", worker).execute();
}
