/** @file The SQL of rounds: who is where, what is ready, what was shown. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Choice } from "../api.ts";
import { STANDS } from "../comparisons/counted.ts";
import type { Database, Tx } from "../database/database.ts";
import { isInState } from "../database/state.ts";
import type { ImageState, Tables } from "../database/tables.ts";
import type { ServerError } from "../errors.ts";
import { imagesBefore } from "../jobs/queue.ts";
import type { Board } from "./plan.ts";

/** A row of rounds; its times may be text, where the database gives the row as JSON. */
export type RoundRow = Omit<Selectable<Tables["rounds"]>, "created_at" | "finished_at"> & { finished_at: Date | string | null };

/** An image with its size in px. */
export interface SizedImage {
  id: string;
  width: number;
  height: number;
}

/** An image that no comparison has shown. */
export interface UnshownImage {
  id: string;
  /** Its place in the order of asking; null: it is being ordered now. */
  number: number | null;
  state: ImageState;
  /** 0...1 of the attempt that runs. */
  fraction: number;
  /** px; null until the image is ready. */
  width: number | null;
  height: number | null;
}

/** The comparison that waits for an answer. */
export interface ShownPair {
  id: string;
  left: SizedImage;
  right: SizedImage;
}

/** The last answer of a round that was not taken back, with what was shown. */
export interface LastAnswer {
  /** Its id; null: it is being stored now. */
  ranking: number | null;
  choice: Choice;
  left: SizedImage;
  right: SizedImage;
  /** One of its two images was reported. */
  reported: boolean;
  /** False when its preferred image does not stay: a pair was skipped since, or an image of this one was reported. */
  stands: boolean;
}

/** For whom waits: how long it may take. */
export interface Wait {
  /** Images that will be taken before the first of the round that waits. */
  ahead: number;
  /** Time of the images that were made last, ms; null: none was. */
  meanMs: number | null;
}

/** Everything that decides how a round goes on, and how it is presented. */
export interface RoundState {
  round: RoundRow;
  /** Answers that were neither taken back nor given faster than a person can see. */
  answers: number;
  last: LastAnswer | null;
  /** Oldest first. */
  images: readonly UnshownImage[];
  shown: ShownPair | null;
  /**
   * Warnings of all images of the round: those of one pair would tell its two generators apart. A warning that names the model of its image is left out.
   */
  warnings: readonly string[];
  /** Null when nobody waits: a pair is shown, or its images are ready. */
  wait: Wait | null;
}

/** An estimate needs a measurement: the mean over so many images that were made last. */
const MEASURED_OVER = 20;

const sized = (image: string) =>
  sql`json_build_object('id', ${sql.ref(`${image}.id`)}, 'width', ${sql.ref(`${image}.width`)}, 'height', ${sql.ref(`${image}.height`)})`;

/** Comparisons `c` with their answers. A comparison has one answer, and `limit` makes PostgreSQL look for it by its comparison. */
const answeredAs = (ranking: string) => sql`
  comparisons c cross join lateral (
    select * from rankings where comparison_id = c.id and withdrawn_at is null limit 1) as ${sql.ref(ranking)}`;

const ANSWERS = sql`select count(*) from ${answeredAs("r")} where c.round_id = o.id and ${STANDS}`;

const LAST = sql`
  select json_build_object('ranking', k.id, 'choice', k.choice, 'left', ${sized("l")}, 'right', ${sized("r")},
    'reported', p.reported, 'stands', not p.reported and not exists (
      select from comparisons s where s.round_id = o.id and s.skipped_at > k.created_at))
  from ${answeredAs("k")} join images l on l.id = c.left_image join images r on r.id = c.right_image
  cross join lateral (select exists (select from reports where image_id in (c.left_image, c.right_image)) as reported) p
  where c.round_id = o.id order by c.number desc limit 1`;

const SHOWN = sql`
  select json_build_object('id', c.id, 'left', ${sized("l")}, 'right', ${sized("r")})
  from comparisons c join images l on l.id = c.left_image join images r on r.id = c.right_image where c.id = o.comparison_id`;

const WARNINGS = sql`
  select coalesce(json_agg(distinct w), '[]') from images i, jsonb_array_elements_text(coalesce(i.warnings, '[]')) w
  where i.round_id = o.id and ${isInState("i", "ready")} and position(lower(i.model) in lower(w)) = 0`;

const WAIT = sql`
  select json_build_object('ahead', ${imagesBefore(sql`unshown.first_queued`)}, 'meanMs', (select avg(generation_ms) from (
    select generation_ms from images where state = 'ready' order by ready_at desc limit ${sql.lit(MEASURED_OVER)}) as made))`;

/** The columns of a RoundState, of the round `o` of the statement, which joins UNSHOWN behind it. */
export const STATE_COLUMNS: RawBuilder<unknown> = sql`
  to_json(o) as round, (${ANSWERS})::int as answers, (${LAST}) as last, unshown.images, (${SHOWN}) as shown, (${WARNINGS}) as warnings,
  case when o.comparison_id is null or not unshown.any_ready then (${WAIT}) end as wait`;

/** A join: images of the round `o` that no comparison has shown and that may still be. One row. */
export const UNSHOWN: RawBuilder<unknown> = sql`
  left join lateral (
    select coalesce(json_agg(json_build_object('id', i.id, 'number', i.number, 'state', i.state, 'fraction', i.fraction,
        'width', i.width, 'height', i.height) order by i.number), '[]') as images,
      coalesce(bool_or(i.state = 'ready'), false) as any_ready,
      (array_agg(i.id order by i.number) filter (where i.state = 'queued'))[1] as first_queued
    from images i
    where i.round_id = o.id and i.state not in ('failed', 'expired', 'cancelled') and not exists (
      select from comparisons c where c.round_id = o.id and i.id in (c.left_image, c.right_image))) as unshown on true`;

/** The state of a round that is just beginning. */
export function newState(row: Pick<RoundRow, "id" | "user_id" | "prompt" | "negative_prompt">): RoundState {
  const round = { ...row, comparison_id: null, problem_code: null, problem_message: null, version: 0, finished_at: null };
  return { round, answers: 0, last: null, images: [], shown: null, warnings: [], wait: null };
}

/** Everything about a round, in one statement; undefined when there is none. */
export async function readState(db: Database, id: string): Promise<RoundState | undefined> {
  const { rows } = await sql<RoundState>`select ${STATE_COLUMNS} from rounds o ${UNSHOWN} where o.id = ${id}`.execute(db);
  return rows[0];
}

/**
 * Everything about a round that is about to be sent to its person, in one statement; undefined when there is none. The clock of its open pair starts now,
 * unless a reply has carried the pair before.
 */
export async function handOut(db: Database, id: string): Promise<RoundState | undefined> {
  const { rows } = await sql<RoundState>`
    with handed as (
      update comparisons c set shown_at = clock_timestamp() from rounds o
      where o.id = ${id} and c.id = o.comparison_id and c.shown_at is null)
    select ${STATE_COLUMNS} from rounds o ${UNSHOWN} where o.id = ${id}`.execute(db);
  return rows[0];
}

/** The state of a round that the caller has locked, to be sent to its person: as handOut reads it. */
export async function stateOf(tx: Tx, id: string): Promise<RoundState> {
  const state = await handOut(tx, id);
  if (!state) throw new Error(`round ${id} is locked and has no row`);
  return state;
}

/**
 * Takes the lock of a round until the end of the transaction. Whoever planned a change without the lock, from what was read before this, finds another
 * version of the round and plans again.
 */
export function lockRound(tx: Tx, id: string): Promise<RoundRow | undefined> {
  return tx
    .updateTable("rounds")
    .set(({ eb }) => ({ version: eb("version", "+", 1) }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** What decides how the round goes on, as counts. */
export function boardOf({ last, images, shown }: Pick<RoundState, "last" | "images" | "shown">): Board {
  const ready = images.filter(({ state }) => state === "ready").length;
  return { open: shown !== null, stays: last?.stands ?? false, ready, coming: images.length - ready };
}

/** The round stands still, and says why. */
export async function setProblem(tx: Tx, id: string, { code, message }: ServerError): Promise<void> {
  await tx.updateTable("rounds").set({ problem_code: code, problem_message: message }).where("id", "=", id).execute();
}

/** Closes the open pair of a round without an answer. The caller holds the lock of the round. */
export async function closeOpenPair(tx: Tx, roundId: string, comparisonId: string): Promise<void> {
  // The clock, not the start of the transaction: it may have waited for the lock while an answer was stored.
  await sql`update comparisons set skipped_at = clock_timestamp() where id = ${comparisonId}`.execute(tx);
  await tx.updateTable("rounds").set({ comparison_id: null }).where("id", "=", roundId).execute();
}
