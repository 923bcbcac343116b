/** @file Models whose last image failed, for the operator: each with the reason, until an image of it is made again. */
import { UserError } from "@pickapic/errors";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** A failure that is this old says nothing about now, minutes. */
const FRESH_MIN = 10;

/** A model whose last image failed. */
export interface Trouble {
  model: string;
  reason: string;
  /** Number of failures since the last image that was made. */
  failures: number;
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

  /** Notes that an image of a model failed. */
  async note(model: string, error: unknown): Promise<void> {
    this.#noted.add(model);
    // Readiness is public, and only errors for users are known to name neither addresses nor secrets.
    const reason = error instanceof UserError ? error.message : "an error that the log of the worker has";
    await sql`
      insert into model_troubles as t (model, reason, failures, since, last_at) values (${model}, ${reason}, 1, now(), now())
      on conflict (model) do update set reason = excluded.reason, failures = t.failures + 1, last_at = now()`.execute(this.#db);
  }

  /** Notes that an image of a model was made. */
  async clear(model: string): Promise<void> {
    if (this.#noted.delete(model)) await this.#db.deleteFrom("model_troubles").where("model", "=", model).execute();
  }
}

/** The models whose last image failed in the last ten minutes. */
export async function recentTroubles(db: Database): Promise<Trouble[]> {
  const { rows } = await sql<Trouble>`
    select model, reason, failures from model_troubles where last_at > now() - ${FRESH_MIN} * interval '1 minute' order by model`.execute(
    db,
  );
  return rows;
}
