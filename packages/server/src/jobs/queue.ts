/** @file Orders of images: rows and jobs written in the caller's transaction, so that there is never one without the other. */
import { randomUUID } from "node:crypto";
import { type Backend, findOffer, type GenerationRequest } from "@pickapic/generation";
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";

export const GENERATE = "generate";

/** Lower runs first: images that somebody waits for, then those that are prepared. */
const URGENT = 0;
const AHEAD = 10;

/** How often a job may be taken at all, deaths of workers included; retries of a failing backend are counted on the image. */
const TAKEN_AT_MOST = 10;

export interface ImageOrder {
  request: GenerationRequest;
  backends: readonly Backend[];
  urgent: boolean;
}

export async function orderImages(tx: Tx, roundId: string, orders: readonly ImageOrder[]): Promise<void> {
  if (orders.length === 0) return;
  const rows = orders.map((order) => ({ id: randomUUID(), ...rowOf(order), round_id: roundId }));
  await tx.insertInto("images").values(rows).execute();
  await sql`
    select graphile_worker.add_job(
      ${GENERATE}, json_build_object('image', o.id), max_attempts => ${sql.lit(TAKEN_AT_MOST)}, job_key => 'image:' || o.id, priority => o.priority)
    from unnest(${rows.map(({ id }) => id)}::text[], ${orders.map(priorityOf)}::int[]) as o (id, priority)`.execute(tx);
}

function priorityOf({ urgent }: ImageOrder): number {
  return urgent ? URGENT : AHEAD;
}

function rowOf({ request, backends }: ImageOrder) {
  const { model, seed, guidanceScale, steps, width, height } = request;
  const offer = findOffer(backends, model);
  return {
    backend: offer.backend.name,
    model,
    seed,
    guidance_scale: guidanceScale,
    steps,
    scheduler: offer.model.scheduler,
    request_width: width,
    request_height: height,
  };
}

/** (Re)queues one image; a job that it had before is replaced. `delayMs` from now. */
export async function queueImage(tx: Database, image: string, delayMs: number): Promise<void> {
  await sql`
    select graphile_worker.add_job(
      ${GENERATE}, json_build_object('image', ${image}::text), run_at => now() + ${delayMs} * interval '1 ms',
      max_attempts => ${sql.lit(TAKEN_AT_MOST)}, job_key => 'image:' || ${image}, priority => ${sql.lit(URGENT)})`.execute(tx);
}

/** Somebody waits for these now: they overtake images that are only prepared. Jobs that run already are left alone. */
export async function urgeImages(tx: Tx, images: readonly string[]): Promise<void> {
  if (images.length === 0) return;
  await sql`
    select graphile_worker.reschedule_jobs(array_agg(id), priority => ${sql.lit(URGENT)})
    from graphile_worker.jobs where key = any(${images.map((id) => `image:${id}`)}) and locked_at is null`.execute(tx);
}

/** Images that were ordered for a user in the last seven days. */
export async function imagesThisWeek(db: Database, userId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from rounds r join images i on i.round_id = r.id
    where r.user_id = ${userId} and i.created_at > now() - interval '7 days'`.execute(db);
  return rows[0]?.count ?? 0;
}

/**
 * One person can fill neither the queue for all others nor the disk.
 * @throws ServerError PICKAPIC_QUEUE_FULL, PICKAPIC_QUEUE_SHARE, PICKAPIC_WEEKLY_SHARE
 */
export async function checkQueue(
  db: Database,
  userId: string,
  { queueLimit, userQueueLimit, userWeeklyLimit }: Pick<ResolvedSettings, "queueLimit" | "userQueueLimit" | "userWeeklyLimit">,
): Promise<void> {
  const { rows } = await sql<{ all: number; own: number }>`
    select count(*) as all, count(*) filter (where r.user_id = ${userId}) as own
    from images i join rounds r on r.id = i.round_id where i.state in ('queued', 'generating')`.execute(db);
  const { all, own } = rows[0] ?? { all: 0, own: 0 };
  if (own >= userQueueLimit) throw new ServerError("PICKAPIC_QUEUE_SHARE", own);
  if (all >= queueLimit) throw new ServerError("PICKAPIC_QUEUE_FULL", queueLimit);
  if ((await imagesThisWeek(db, userId)) >= userWeeklyLimit) throw new ServerError("PICKAPIC_WEEKLY_SHARE", userWeeklyLimit);
}
