/** @file What the app stores about a user: consent, karma and pseudonym. */
import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";

/** Records a consent. The first one creates the row, with a new pseudonym. */
export async function giveConsent(db: Database, userId: string, version: string): Promise<void> {
  await sql`
    insert into people (user_id, ranker_id, consent_version, consented_at) values (${userId}, ${drawPseudonym()}, ${version}, now())
    on conflict (user_id) do update set consent_version = excluded.consent_version, consented_at = excluded.consented_at`.execute(
    db,
  );
}

/** Records a withdrawal: nothing of this user is published until the user agrees again. */
export async function withdrawConsent(db: Database, userId: string): Promise<void> {
  await db.updateTable("people").set({ consent_version: null, consented_at: null }).where("user_id", "=", userId).execute();
}

/** Returns a random pseudonym of 53 bits, which fits an int64 and a JavaScript number. It does not depend on the account. */
function drawPseudonym(): number {
  return Number(randomBytes(8).readBigUInt64BE() >> 11n) || 1;
}

/** Changes the karma and returns it. */
export async function addKarma(tx: Tx, userId: string, points: number): Promise<number> {
  const { karma } = await tx
    .updateTable("people")
    .set(({ eb }) => ({ karma: eb("karma", "+", points) }))
    .where("user_id", "=", userId)
    .returning("karma")
    .executeTakeFirstOrThrow();
  return karma;
}

/** Moves rounds, answers and karma of a guest to the account. The account's own pseudonym and consent win. */
export async function adoptGuest(db: Database, guest: string, account: string): Promise<void> {
  if (guest === account) return;
  await db.transaction().execute(async (tx) => {
    // Rounds are updated first, as by an answer, so that the two transactions cannot deadlock.
    for (const table of ["rounds", "rankings", "replies"] as const) {
      await tx.updateTable(table).set({ user_id: account }).where("user_id", "=", guest).execute();
    }
    await sql`
      insert into people (user_id, ranker_id, consent_version, consented_at)
      select ${account}, ${drawPseudonym()}, consent_version, consented_at from people where user_id = ${guest}
      on conflict (user_id) do nothing`.execute(tx);
    await sql`
      update people a set karma = a.karma + g.karma, banned_at = coalesce(a.banned_at, g.banned_at)
      from people g where a.user_id = ${account} and g.user_id = ${guest}`.execute(tx);
    await sql`update people set karma = 0 where user_id = ${guest}`.execute(tx);
    await sql`
      with moved as (delete from daily_orders where user_id = ${guest} returning day, images)
      insert into daily_orders as d (user_id, day, images) select ${account}, day, images from moved
      on conflict (user_id, day) do update set images = d.images + excluded.images`.execute(tx);
  });
}
