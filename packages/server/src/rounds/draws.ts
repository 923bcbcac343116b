/**
 * @file What may not be drawn for a round now: models that rest because they keep failing, models whose limit of the day is used up, and pictures made earlier that the round has had. Servers whose models have neither
 * ask the database nothing.
 */
import { type Backend, type BackendModel, drawImage, type NotDrawn, offers } from "@pickapic/generation";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { costOf } from "../jobs/limits.ts";
import { RESTING_MODELS } from "../jobs/troubles.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { RoundRow } from "./queries.ts";

/**
 * Reads what may not be drawn for a round. It may be read before the version of the round is checked: every order raises the version.
 * @param resting the models that rest, as RESTING_MODELS reads them in a statement of the caller
 */
export async function notDrawn(
  db: Database,
  roundId: string,
  { backends }: Pick<ResolvedSettings, "backends">,
  resting: readonly string[],
): Promise<NotDrawn> {
  return { ...restingOf(backends, resting), ...(await usedUp(db, roundId, backends)) };
}

/**
 * Whether an image of a round can be drawn of a model that neither rests nor is one of `failed`.
 * @param failed models of which an image of the round failed
 */
export async function canDrawOther(
  db: Database,
  { id, prompt, negative_prompt }: Pick<RoundRow, "id" | "prompt" | "negative_prompt">,
  { backends, random }: Pick<ResolvedSettings, "backends" | "random">,
  failed: readonly string[],
): Promise<boolean> {
  const { rows } = await sql<{ resting: string[] }>`select ${RESTING_MODELS} as resting`.execute(db);
  const not = await notDrawn(db, id, { backends }, [...(rows[0]?.resting ?? []), ...failed]);
  // A model that rests is drawn only when every other one does.
  const drawn = drawImage({ prompt, negativePrompt: negative_prompt }, backends, random, not);
  return drawn !== null && !not.isResting?.(drawn.request.model);
}

/** Models that rest. A ranked entry rests with the model that makes its images. */
function restingOf(backends: readonly Backend[], resting: readonly string[]): NotDrawn {
  if (resting.length === 0) return {};
  const names = new Set(resting);
  const all = offers(backends).flatMap(({ model }) =>
    names.has(costOf(model).model) || names.has(model.name) ? [model.name] : [],
  );
  const rests = new Set(all);
  return { isResting: (model) => rests.has(model) };
}

/** Models whose limit of the day is used up, and pictures that the round has had. */
async function usedUp(db: Database, roundId: string, backends: readonly Backend[]): Promise<NotDrawn> {
  const models = offers(backends).map(({ model }) => model);
  const limited = models.filter(({ perDay }) => perDay);
  if (limited.length === 0 && !models.some(({ pictures }) => pictures)) return {};
  const { rows } = await sql<{ today: { model: string; images: number }[]; shown: [string, number][] }>`
    select (select coalesce(json_agg(json_build_object('model', model, 'images', images)), '[]')
        from model_days where day = (now() at time zone 'utc')::date) as today,
      (select coalesce(json_agg(json_build_array(model, picture)), '[]')
        from images where round_id = ${roundId} and picture is not null) as shown`.execute(db);
  const { today, shown } = rows[0] ?? { today: [], shown: [] };
  const isSpent = (model: BackendModel) =>
    madeOf(today, costOf(model).model) + costOf(model).images > (model.perDay?.images ?? 0);
  const spent = new Set(limited.filter(isSpent).map(({ name }) => name));
  const keys = new Set(shown.map(([model, picture]) => keyOf(model, picture)));
  return { isClosed: (model) => spent.has(model), isShown: (model, picture) => keys.has(keyOf(model, picture)) };
}

const keyOf = (model: string, picture: number): string => JSON.stringify([model, picture]);

const madeOf = (today: readonly { model: string; images: number }[], wanted: string): number =>
  today.find(({ model }) => model === wanted)?.images ?? 0;
