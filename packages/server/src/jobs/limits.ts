/** @file The limits per day of models: what a model was asked to make today (UTC) is counted before it is asked, so that no image above the limit is paid for. */
import type { BackendModel } from "@pickapic/generation";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { ServerError } from "../errors.ts";

/**
 * Counts one image of a model. Every attempt counts, because an attempt that failed may have been paid for.
 * @throws ServerError PICKAPIC_MODEL_SPENT when the limit of the day is used up
 */
export async function claimImage(db: Database, { name, perDay }: BackendModel): Promise<void> {
  if (!perDay) return;
  const { rows } = await sql`
    insert into model_days as d (model, day, images) values (${name}, (now() at time zone 'utc')::date, 1)
    on conflict (model, day) do update set images = d.images + 1 where d.images < ${perDay.images} returning images`.execute(db);
  if (rows.length === 0) throw new ServerError("PICKAPIC_MODEL_SPENT", name, perDay.reason);
}
