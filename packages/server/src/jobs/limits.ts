/** @file The limits per day of models: what a model was asked to make today (UTC) is counted before it is asked, so that no image above the limit is paid for. */
import type { BackendModel } from "@pickapic/generation";
import { sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import { isInState } from "../database/state.ts";
import { ServerError } from "../errors.ts";

/** What an image costs of a limit per day: images, counted under the name of the model that makes them. */
interface Cost {
  model: string;
  images: number;
}

/** One image, or the n images of which a ranked entry shows the best. */
export const costOf = ({ name, ranked }: BackendModel): Cost =>
  ranked ? { model: ranked.base, images: ranked.n } : { model: name, images: 1 };

/** The model as the best-of-n page may use it: half of its limit, so that the page takes no pairs away from people who judge. */
export function asideOf(model: BackendModel): BackendModel {
  const { perDay } = model;
  if (!perDay) return model;
  return {
    ...model,
    perDay: { images: Math.floor(perDay.images / 2), reason: `half of ${perDay.reason}, the most for the best-of-n page` },
  };
}

/**
 * Refuses a number of images of the best-of-n page that a model may not make today any more. Images of the page that wait count as made, so that no one
 * is promised what others have been promised: the limit would then end in the middle, with half of the images paid for. The caller's transaction holds a
 * lock of the model until its own images are ordered.
 * @throws ServerError PICKAPIC_MODEL_SPENT
 */
export async function checkLeft(tx: Tx, { name, perDay }: BackendModel, images: number): Promise<void> {
  if (!perDay) return;
  await sql`select pg_advisory_xact_lock(hashtext('best of n'), hashtext(${name}))`.execute(tx);
  const { rows } = await sql<{ images: number }>`
    select coalesce((select images from model_days where model = ${name} and day = (now() at time zone 'utc')::date), 0) + (
      select count(*) from images i join rounds r on r.id = i.round_id
      where i.model = ${name} and ${isInState("i", "queued")} and r.best_of is not null)::int as images`.execute(tx);
  if ((rows[0]?.images ?? 0) + images > perDay.images) throw new ServerError("PICKAPIC_MODEL_SPENT", name, perDay.reason);
}

/**
 * Counts what one image of a model costs. Every attempt counts, because an attempt that failed may have been paid for.
 * @throws ServerError PICKAPIC_MODEL_SPENT when the limit of the day does not suffice for it
 */
export async function claimImages(db: Database, model: BackendModel): Promise<void> {
  const { perDay } = model;
  if (!perDay) return;
  const cost = costOf(model);
  const { rows } = await sql`
    insert into model_days as d (model, day, images)
    select ${cost.model}, (now() at time zone 'utc')::date, ${cost.images}::int where ${cost.images}::int <= ${perDay.images}::bigint
    on conflict (model, day) do update set images = d.images + excluded.images
      where d.images + excluded.images <= ${perDay.images}::bigint returning images`.execute(db);
  if (rows.length === 0) throw new ServerError("PICKAPIC_MODEL_SPENT", cost.model, perDay.reason);
}

/** The models of which no image can be made today any more, each with its limit as the operator wrote it. */
export async function spentToday(db: Database, models: readonly BackendModel[]): Promise<{ model: string; limit: string }[]> {
  const { rows } = await sql<Cost>`select model, images from model_days where day = (now() at time zone 'utc')::date`.execute(db);
  const made = new Map(rows.map(({ model, images }) => [model, images]));
  return models.flatMap((model) => {
    const { model: counted, images } = costOf(model);
    const { perDay } = model;
    return perDay && (made.get(counted) ?? 0) + images > perDay.images ? [{ model: model.name, limit: perDay.reason }] : [];
  });
}

/** Takes back what was counted for images that the backend was not asked for. */
export async function unclaimImages(db: Database, model: BackendModel, images: number): Promise<void> {
  if (!model.perDay || images === 0) return;
  await sql`
    update model_days set images = greatest(0, images - ${images}::int)
    where model = ${costOf(model).model} and day = (now() at time zone 'utc')::date`.execute(db);
}
