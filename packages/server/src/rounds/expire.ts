/**
 * @file Rounds that nobody goes on with: their pictures go, unless an answer that counts was given to them. The rows stay for a year, so that a late answer
 * and a page that was left open are told what happened.
 */
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { notifyRound } from "./changes.ts";
import { lockRound, setProblem } from "./queries.ts";

/** Rounds per night: the rest waits for the next one. */
const NIGHTLY = 20_000;
/** Days. */
const FORGOTTEN_AFTER = 365;

/** No answer that counts was given to a pair with image i. (Each side by itself: so PostgreSQL joins instead of asking for each image.) */
const UNANSWERED = sql`not exists (
  select from comparisons c join rankings k on k.comparison_id = c.id and k.withdrawn_at is null where c.left_image = i.id
) and not exists (
  select from comparisons c join rankings k on k.comparison_id = c.id and k.withdrawn_at is null where c.right_image = i.id)`;

/** Nothing was asked, made, shown, answered or taken back in the round of image i for so many days. */
const isIdle = (days: number) => sql`not exists (
  select from images n where n.round_id = i.round_id and greatest(n.created_at, n.ready_at) > now() - ${days} * interval '1 day'
) and not exists (
  select from comparisons c left join rankings k on k.comparison_id = c.id
  where c.round_id = i.round_id and greatest(c.created_at, k.created_at, k.withdrawn_at) > now() - ${days} * interval '1 day')`;

/** Each round is a transaction of its own; their files become loose (images/loose.ts). */
export async function expireRounds(db: Database, days: number): Promise<void> {
  for (const id of await idleRounds(db, days)) await db.transaction().execute((tx) => expireRound(tx, id, days));
}

async function idleRounds(db: Database, days: number): Promise<string[]> {
  const { rows } = await sql<{ round_id: string }>`
    select distinct i.round_id from images i
    where i.state = 'ready' and i.ready_at < now() - ${days} * interval '1 day' and ${UNANSWERED} and ${isIdle(days)}
    limit ${NIGHTLY}`.execute(db);
  return rows.map(({ round_id }) => round_id);
}

/** Looks again under the lock: the person may have come back meanwhile. */
async function expireRound(tx: Tx, id: string, days: number): Promise<void> {
  const round = await lockRound(tx, id);
  if (!round) return;
  const { numAffectedRows = 0n } = await sql`
    with gone as (
      select id, content_hash from images i where round_id = ${id} and state = 'ready' and ${UNANSWERED} and ${isIdle(days)}
    ), loose as (
      insert into loose_files (content_hash) select distinct content_hash from gone
      on conflict (content_hash) do update set since = now()
    )
    update images set state = 'expired', content_hash = null from gone where images.id = gone.id`.execute(tx);
  // A finished round keeps its reason.
  if (numAffectedRows === 0n || round.finished_at !== null) return;
  await tx.updateTable("rounds").set({ comparison_id: null }).where("id", "=", id).execute();
  await setProblem(tx, round.id, new ServerError("PICKAPIC_PAIR_EXPIRED", days));
  await notifyRound(tx, id);
}

/** Rounds without any answer and without pictures, after a year; their comparisons and images go with them. */
export async function forgetRounds(db: Database): Promise<void> {
  await sql`
    delete from rounds where id in (select id from rounds r where created_at < now() - ${FORGOTTEN_AFTER} * interval '1 day'
      and not exists (select from images i where i.round_id = r.id and i.state not in ('failed', 'expired', 'cancelled'))
      and not exists (
        select from comparisons c join rankings k on k.comparison_id = c.id where c.round_id = r.id and k.withdrawn_at is null)
      limit ${NIGHTLY})`.execute(db);
}
