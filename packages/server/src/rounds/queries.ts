/** @file The SQL of rounds: who is where, what is ready, what was shown. */
import { randomUUID } from "node:crypto";
import { type Selectable, sql } from "kysely";
import type { Database, Tx } from "../database/database.ts";
import type { ImageState, Tables } from "../database/tables.ts";
import type { ServerError } from "../errors.ts";
import type { Answered, Board, Pair } from "./plan.ts";

export type RoundRow = Selectable<Tables["rounds"]>;

export interface UnshownImage {
  id: string;
  number: number;
  state: ImageState;
  fraction: number;
  width: number;
  height: number;
}

/** A round of this user; undefined for one of somebody else. */
export function findRound(db: Database, id: string, userId: string): Promise<RoundRow | undefined> {
  return db.selectFrom("rounds").selectAll().where("id", "=", id).where("user_id", "=", userId).executeTakeFirst();
}

/** All changes of a round happen under this lock: answers, undo, images that become ready. */
export function lockRound(tx: Tx, id: string): Promise<RoundRow | undefined> {
  return tx.selectFrom("rounds").selectAll().where("id", "=", id).forUpdate().executeTakeFirst();
}

/** The last answer of a round that counts. */
export interface LastAnswer extends Answered {
  ranking: number;
  /** One of its two images was reported. */
  reported: boolean;
  /** False when its preferred image does not stay: a pair was skipped since, or an image of this one was reported. */
  stands: boolean;
}

/** Undefined for a round without an answer that counts. */
export async function lastAnswer(db: Database, roundId: string): Promise<LastAnswer | undefined> {
  const { rows } = await sql<LastAnswer & { skipped: boolean }>`
    select c.left_image "left", c.right_image "right", r.choice, r.id ranking,
      exists (select from comparisons s where s.round_id = c.round_id and s.skipped_at > r.created_at) skipped,
      exists (select from reports p where p.image_id in (c.left_image, c.right_image)) reported
    from comparisons c join rankings r on r.comparison_id = c.id and r.withdrawn_at is null
    where c.round_id = ${roundId} order by c.number desc limit 1`.execute(db);
  return rows[0] && { ...rows[0], stands: !rows[0].skipped && !rows[0].reported };
}

export async function countAnswers(db: Database, roundId: string): Promise<number> {
  const { count } = await db
    .selectFrom("comparisons as c")
    .innerJoin("rankings as r", "r.comparison_id", "c.id")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("c.round_id", "=", roundId)
    .where("r.withdrawn_at", "is", null)
    .executeTakeFirstOrThrow();
  return count;
}

/** Images that no comparison has shown and that may still be, oldest first. */
export async function unshownImages(db: Database, roundId: string): Promise<UnshownImage[]> {
  const { rows } = await sql<UnshownImage>`
    select id, number, state, fraction, width, height from images i
    where round_id = ${roundId} and state not in ('failed', 'expired', 'cancelled') and not exists (
      select from comparisons c where c.round_id = i.round_id and i.id in (c.left_image, c.right_image)
    )
    order by number`.execute(db);
  return rows;
}

/** What the plan needs to know of a round. `last` is the round's lastAnswer. */
export function boardOf(round: RoundRow, last: LastAnswer | undefined, images: readonly UnshownImage[]): Board {
  const ready = images.filter(({ state }) => state === "ready").length;
  return { open: round.comparison_id !== null, stays: last?.stands ?? false, ready, coming: images.length - ready };
}

/** The round stands still, and says why. */
export async function setProblem(tx: Tx, round: RoundRow, { code, message }: ServerError): Promise<RoundRow> {
  const problem = { problem_code: code, problem_message: message };
  await tx.updateTable("rounds").set(problem).where("id", "=", round.id).execute();
  return { ...round, ...problem };
}

/** Writes down what is shown from now on, with the models and the consent of this moment. */
export async function insertComparison(tx: Tx, round: RoundRow, pair: Pair): Promise<string> {
  const id = randomUUID();
  await sql`
    insert into comparisons (id, round_id, left_image, right_image, kept_image, left_model, right_model, consent_version)
    select ${id}::uuid, ${round.id}::uuid, l.id, r.id, ${pair.kept}::uuid, l.model, r.model, p.consent_version
    from images l, images r, people p
    where l.id = ${pair.left} and r.id = ${pair.right} and p.user_id = ${round.user_id}`.execute(tx);
  await tx
    .updateTable("rounds")
    .set({ comparison_id: id, problem_code: null, problem_message: null })
    .where("id", "=", round.id)
    .execute();
  return id;
}
