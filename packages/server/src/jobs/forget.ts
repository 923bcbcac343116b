/**
 * @file The nightly cleaning: deletes rows and files that are no longer needed. It may be interrupted anywhere: the next one continues.
 */
import { sql } from "kysely";
import { forgetBestOf } from "../bestOf/forget.ts";
import type { Database } from "../database/database.ts";
import { reasonOf } from "../errors.ts";
import { deleteLooseFiles } from "../files/loose.ts";
import { expireRounds, forgetRounds } from "../rounds/expire.ts";
import type { GenerateEffects } from "./generate.ts";

/** Age in days at which stored replies, daily counts of orders and guests without a consent are deleted. */
const KEPT_DAYS = 30;

/** Runs the nightly cleaning once. A picture that cannot be deleted is logged and tried again the next night. */
export async function forget({
  db,
  files,
  settings,
  log,
}: Omit<GenerateEffects, "worker" | "troubles" | "scorers">): Promise<void> {
  await forgetVisits(db);
  await expireRounds(db, settings.unansweredDays);
  await forgetRounds(db);
  await forgetBestOf(db);
  await deleteLooseFiles(db, files, (error) => log.warn({ error: reasonOf(error) }, "a picture could not be deleted"));
}

/**
 * Deletes old replies, expired sessions and sign-ins, places in the queue and workers of more than a day ago, old daily counts, and guests who never
 * agreed to the consent text.
 */
async function forgetVisits(db: Database): Promise<void> {
  await sql`delete from replies where created_at < now() - ${KEPT_DAYS} * interval '1 day'`.execute(db);
  await sql`delete from session where "expiresAt" < now()`.execute(db);
  await sql`delete from verification where "expiresAt" < now()`.execute(db);
  await sql`delete from turns where ordered_at < now() - interval '1 day'`.execute(db);
  await sql`delete from workers where seen_at < now() - interval '1 day'`.execute(db);
  await sql`delete from daily_orders where day < (now() at time zone 'utc')::date - ${KEPT_DAYS}::int`.execute(db);
  await sql`delete from newcomers where day < (now() at time zone 'utc')::date`.execute(db);
  await sql`
    delete from "user" u where "isAnonymous" and "createdAt" < now() - ${KEPT_DAYS} * interval '1 day'
      and not exists (select from people p where p.user_id = u.id) and not exists (select from rounds r where r.user_id = u.id)`.execute(
    db,
  );
}
