/** @file Deletes what the best-of-n page has made, after a day: it enters neither the dataset nor the history. */
import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** Age in hours after which the images of a prompt are deleted. */
const DELETED_AFTER_HOURS = 24;

/** Deletes the prompts and images of the best-of-n page of more than a day ago. The files are listed as loose, and deleteLooseFiles deletes them later. */
export async function forgetBestOf(db: Database): Promise<void> {
  await sql`
    with old as (
      select id from rounds where best_of is not null and created_at < now() - ${DELETED_AFTER_HOURS} * interval '1 hour' for update
    ), loose as (
      insert into loose_files (content_hash)
      select distinct content_hash from images where round_id in (select id from old) and content_hash is not null
      on conflict (content_hash) do update set since = now()
    )
    delete from rounds where id in (select id from old)`.execute(db);
}
