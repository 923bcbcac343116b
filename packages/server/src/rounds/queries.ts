/** @file The SQL that reads the state of a round in one statement, and that locks and changes rounds. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Choice } from "../api.ts";
import { STANDS } from "../comparisons/counted.ts";
import type { Database, Tx } from "../database/database.ts";
import { isInState } from "../database/state.ts";
import type { ImageState, Tables } from "../database/tables.ts";
import type { ServerError } from "../errors.ts";
import { imagesBefore } from "../jobs/queue.ts";
import type { Board } from "./plan.ts";

/** A row of the table `rounds`. `finished_at` is text where the database has sent the row as JSON. */
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
  /** Its place in the order in which images were ordered. Null while it is being ordered. */
  number: number | null;
  state: ImageState;
  /** Progress of the present attempt to generate it, 0...1. */
  fraction: number;
  /** The size in px. Null until the image is ready. */
  width: number | null;
  height: number | null;
}

/** The comparison that waits for an answer. */
export interface ShownPair {
  id: string;
  left: SizedImage;
  right: SizedImage;
}

/** The last answer of a round that was not taken back, with the two images that were shown. */
export interface LastAnswer {
  /** Id of its ranking. Null while it is being stored. */
  ranking: number | null;
  choice: Choice;
  left: SizedImage;
  right: SizedImage;
  /** True if one of its two images was reported. */
  reported: boolean;
  /** True if the next pair keeps its preferred image: no pair was skipped since, and neither image was reported. */
  stands: boolean;
}

/** What a person who waits for images is told about the time that it may take. */
export interface Wait {
  /** Number of images that will be taken before the first image of the round. */
  ahead: number;
  /** Mean time of the images that were generated last, ms. Null if there are none. */
  meanMs: number | null;
}

/** Everything that decides how a round goes on, and how it is presented. */
export interface RoundState {
  round: RoundRow;
  /** Number of answers, without those that were taken back or given faster than a person can see. */
  answers: number;
  last: LastAnswer | null;
  /** Images that no comparison has shown, oldest first. */
  images: readonly UnshownImage[];
  shown: ShownPair | null;
  /**
   * Warnings of all ready images of the round together, because the warnings of one pair could tell its two generators apart. A warning that names the
   * model of its image is left out.
   */
  warnings: readonly string[];
  /** Null while a pair is shown and a next image is ready: then the person waits for nothing. */
  wait: Wait | null;
}

/** The number of last generated images whose mean time estimates the wait. */
const MEASURED_OVER = 20;

const sized = (image: string) =>
  sql`json_build_object('id', ${sql.ref(`${image}.id`)}, 'width', ${sql.ref(`${image}.width`)}, 'height', ${sql.ref(`${image}.height`)})`;

/** A join: comparisons `c` with their answers. A comparison has one answer at most. The `limit` makes PostgreSQL find it by the index on the comparison. */
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

const columns = (last: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  to_json(o) as round, (${ANSWERS})::int as answers, ${last} as last, unshown.images, (${SHOWN}) as shown, (${WARNINGS}) as warnings,
  case when o.comparison_id is null or not unshown.any_ready then (${WAIT}) end as wait`;

/** The columns of a RoundState. The statement must call the round `o` and join UNSHOWN to it. */
const STATE_COLUMNS: RawBuilder<unknown> = columns(sql`(${LAST})`);

/** The columns of a RoundState without its last answer, for the statement that stores the next one: finding it takes a fifth of the time. */
export const COLUMNS_WITHOUT_LAST: RawBuilder<unknown> = columns(sql`null::json`);

/** A join that adds one row: the images of the round `o` that no comparison has shown and that may still be shown. */
export const UNSHOWN: RawBuilder<unknown> = sql`
  left join lateral (
    select coalesce(json_agg(json_build_object('id', i.id, 'number', i.number, 'state', i.state, 'fraction', i.fraction,
        'width', i.width, 'height', i.height) order by i.number), '[]') as images,
      coalesce(bool_or(i.state = 'ready'), false) as any_ready,
      (array_agg(i.id order by i.number) filter (where i.state = 'queued'))[1] as first_queued
    from images i
    where i.round_id = o.id and i.state not in ('failed', 'expired', 'cancelled') and not exists (
      select from comparisons c where c.round_id = o.id and i.id in (c.left_image, c.right_image))) as unshown on true`;

/** Returns the state of a new round: no images, no answers. */
export function newState(row: Pick<RoundRow, "id" | "user_id" | "prompt" | "negative_prompt">): RoundState {
  const round = {
    ...row,
    comparison_id: null,
    problem_code: null,
    problem_message: null,
    version: 0,
    finished_at: null,
    best_of: null,
  };
  return { round, answers: 0, last: null, images: [], shown: null, warnings: [], wait: null };
}

/**
 * Reads the state of a round in one statement. Undefined if there is no such round.
 * @param along a change of other rows that the same statement makes
 */
export async function readState(db: Database, id: string, along?: RawBuilder<unknown>): Promise<RoundState | undefined> {
  const change = along ? sql`with changed as (${along})` : sql``;
  const { rows } = await sql<RoundState>`${change} select ${STATE_COLUMNS} from rounds o ${UNSHOWN} where o.id = ${id}`.execute(
    db,
  );
  return rows[0];
}

/**
 * Reads the state of a round to send it to its person, in one statement. Undefined if there is no such round. The time to answer its open pair starts now,
 * unless an earlier reply has carried the pair.
 */
export async function handOut(db: Database, id: string): Promise<RoundState | undefined> {
  const { rows } = await sql<RoundState>`
    with handed as (
      update comparisons c set shown_at = clock_timestamp() from rounds o
      where o.id = ${id} and c.id = o.comparison_id and c.shown_at is null)
    select ${STATE_COLUMNS} from rounds o ${UNSHOWN} where o.id = ${id}`.execute(db);
  return rows[0];
}

/** Reads the state of a round that the caller has locked, to send it to its person. Like handOut, it starts the time to answer the open pair. */
export async function stateOf(tx: Tx, id: string): Promise<RoundState> {
  const state = await handOut(tx, id);
  if (!state) throw new Error(`round ${id} is locked and has no row`);
  return state;
}

/**
 * Locks a round until the end of the transaction and returns its row, or undefined if there is none. It raises the version of the round, so that a change
 * that was planned without the lock is planned again.
 */
export function lockRound(tx: Tx, id: string): Promise<RoundRow | undefined> {
  return tx
    .updateTable("rounds")
    .set(({ eb }) => ({ version: eb("version", "+", 1) }))
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** Returns the counts that decide which images the round needs. */
export function boardOf({ last, images, shown }: Pick<RoundState, "last" | "images" | "shown">): Board {
  const ready = images.filter(({ state }) => state === "ready").length;
  return { open: shown !== null, stays: last?.stands ?? false, ready, coming: images.length - ready };
}

/** Stores why a round does not go on: the code and the message of an error. */
export async function setProblem(tx: Tx, id: string, { code, message }: ServerError): Promise<void> {
  await tx.updateTable("rounds").set({ problem_code: code, problem_message: message }).where("id", "=", id).execute();
}

/** Closes the open pair of a round without an answer. The caller holds the lock of the round. */
export async function closeOpenPair(tx: Tx, roundId: string, comparisonId: string): Promise<void> {
  // Not now(), which is the start of the transaction: an answer may have been stored while this transaction waited for the lock.
  await sql`update comparisons set skipped_at = clock_timestamp() where id = ${comparisonId}`.execute(tx);
  await tx.updateTable("rounds").set({ comparison_id: null }).where("id", "=", roundId).execute();
}
