/**
 * @file Expires rounds that their person no longer continues: deletes pictures without an answer. The rows stay for a year, so that a late answer, or
 * a page that was left open, gets an error that says what happened.
 */
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { notifyRound } from "./changes.ts";
import { lockRound, setProblem } from "./queries.ts";

/** Rounds that one cleaning handles at most. The rest waits for the next night. */
const NIGHTLY = 20_000;
/** Age in days at which a round without answers and pictures is deleted. */
const FORGOTTEN_AFTER = 365;

/** A condition: no pair with image i has an answer, apart from answers that were taken back. Both images of a pair are of its round. */
const UNANSWERED = sql`not exists (
  select from comparisons c join rankings k on k.comparison_id = c.id and k.withdrawn_at is null
  where c.round_id = i.round_id and i.id in (c.left_image, c.right_image))`;

/** A condition: in the round of image i, nothing was ordered, generated, shown, answered or taken back for this many days. */
const isIdle = (days: number) => sql`not exists (
  select from images n where n.round_id = i.round_id and greatest(n.created_at, n.ready_at) > now() - ${days} * interval '1 day'
) and not exists (
  select from comparisons c left join rankings k on k.comparison_id = c.id
  where c.round_id = i.round_id and greatest(c.created_at, k.created_at, k.withdrawn_at) > now() - ${days} * interval '1 day')`;

/**
 * Expires rounds in which nothing has happened for this many days. Each round is a transaction of its own. The files of the pictures are listed as loose,
 * and deleteLooseFiles deletes them later.
 */
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

/** Expires a round. Checks again under its lock, because the person may have come back since the round was found. */
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

/** Deletes rounds that are older than a year and have neither answers nor pictures, together with their comparisons and images. */
export async function forgetRounds(db: Database): Promise<void> {
  await sql`
    delete from rounds where id in (select id from rounds r where created_at < now() - ${FORGOTTEN_AFTER} * interval '1 day'
      and not exists (select from images i where i.round_id = r.id and i.state not in ('failed', 'expired', 'cancelled'))
      and not exists (
        select from comparisons c join rankings k on k.comparison_id = c.id where c.round_id = r.id and k.withdrawn_at is null)
      limit ${NIGHTLY})`.execute(db);
}
