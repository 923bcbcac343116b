/** @file Models whose last image failed, for the operator: each with the reason, until an image of it is made again. One that keeps failing rests: it is not drawn. */
import { codeOf, UserError } from "@pickapic/errors";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** A failure that is this old says nothing about now, minutes. */
const FRESH_MIN = 10;

/** After this number of failures in a row a model rests: other models are drawn for new images. */
const REST_AFTER = 5;
/** A model rests for as long as it has been failing, between these bounds, s. Then it is drawn again, which shows whether it has recovered. */
const REST_S = { least: 30, most: 60 * FRESH_MIN };

/** True for a row `t` of a model that rests. */
const RESTS = sql<boolean>`(t.failures >= ${sql.lit(REST_AFTER)} and t.last_at > now() - least(greatest(t.last_at - t.since, ${sql.lit(`${REST_S.least} s`)}::interval), ${sql.lit(`${REST_S.most} s`)}::interval))`;

/** An expression: the names of the models that rest, as JSON. */
export const RESTING_MODELS = sql<string[]>`(select coalesce(json_agg(t.model), '[]') from model_troubles t where ${RESTS})`;

/** A model whose last image failed. */
export interface Trouble {
  model: string;
  reason: string;
  /** Number of failures since the last image that was made. */
  failures: number;
  /** True while other models are drawn instead of it. */
  rests: boolean;
}

/** Notes and clears the troubles of models, for one worker. */
export class Troubles {
  readonly #db: Database;
  /** The models that this worker has noted. A success of any other needs no statement. */
  readonly #noted = new Set<string>();

  /** @param db where the troubles of all workers are */
  constructor(db: Database) {
    this.#db = db;
  }

  /** Notes that an image of a model failed. That its backend was not even asked, because it is left alone, is no further failure and no reason of its own. */
  async note(model: string, error: unknown): Promise<void> {
    this.#noted.add(model);
    // Readiness is public, and only errors for users are known to name neither addresses nor secrets.
    const reason = error instanceof UserError ? error.message : "an error that the log of the worker has";
    const isOld = sql`t.last_at < now() - ${FRESH_MIN} * interval '1 minute'`;
    const wasAsked = codeOf(error) !== "PICKAPIC_BACKEND_RESTING";
    await sql`
      insert into model_troubles as t (model, reason, failures, since, last_at) values (${model}, ${reason}, 1, now(), now())
      on conflict (model) do update set reason = excluded.reason, failures = case when ${isOld} then 1 else t.failures + 1 end,
        since = case when ${isOld} then now() else t.since end, last_at = now() where ${wasAsked} or ${isOld}`.execute(this.#db);
  }

  /** Notes that an image of a model was made. */
  async clear(model: string): Promise<void> {
    if (this.#noted.delete(model)) await this.#db.deleteFrom("model_troubles").where("model", "=", model).execute();
  }
}

/** The models whose last image failed in the last ten minutes. */
export async function recentTroubles(db: Database): Promise<Trouble[]> {
  const { rows } = await sql<Trouble>`
    select t.model, t.reason, t.failures, ${RESTS} as rests from model_troubles t where t.last_at > now() - ${FRESH_MIN} * interval '1 minute' order by t.model`.execute(
    db,
  );
  return rows;
}
