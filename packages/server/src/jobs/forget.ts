/** @file The cleaning of every night: what grows and serves nobody any more. It may be cut off anywhere: the next one goes on. */
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { reasonOf } from "../errors.ts";
import { deleteLooseFiles } from "../images/loose.ts";
import { expireRounds, forgetRounds } from "../rounds/expire.ts";
import type { GenerateEffects } from "./generate.ts";

/** Days. Replies are kept for clients that were away; guests who never agreed to anything may still come back. */
const KEPT = 30;

export async function forget({ db, files, settings, log }: Omit<GenerateEffects, "worker">): Promise<void> {
  await forgetVisits(db);
  await expireRounds(db, settings.unansweredDays);
  await forgetRounds(db);
  await deleteLooseFiles(db, files, (error) => log.warn({ error: reasonOf(error) }, "a picture could not be deleted"));
}

/** Old replies, sessions and sign-ins that ran out, yesterday's counts of new guests, guests who did nothing. */
async function forgetVisits(db: Database): Promise<void> {
  await sql`delete from replies where created_at < now() - ${KEPT} * interval '1 day'`.execute(db);
  await sql`delete from session where "expiresAt" < now()`.execute(db);
  await sql`delete from verification where "expiresAt" < now()`.execute(db);
  await sql`delete from turns where ordered_at < now() - interval '1 day'`.execute(db);
  await sql`delete from workers where seen_at < now() - interval '1 day'`.execute(db);
  await sql`delete from daily_orders where day < (now() at time zone 'utc')::date - ${KEPT}::int`.execute(db);
  await sql`delete from newcomers where day < (now() at time zone 'utc')::date`.execute(db);
  await sql`
    delete from "user" u where "isAnonymous" and "createdAt" < now() - ${KEPT} * interval '1 day'
      and not exists (select from people p where p.user_id = u.id) and not exists (select from rounds r where r.user_id = u.id)`.execute(
    db,
  );
}
