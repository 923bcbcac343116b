/** @file One answer: stored together with everything that follows from it, in one transaction. */
import { sql } from "kysely";
import type { Answer, AnswerReply } from "../api.ts";
import { addKarma, type Person } from "../auth/people.ts";
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { orderMissing, showNextPair } from "../rounds/advance.ts";
import { presentRound } from "../rounds/presenter.ts";
import { lockRound, type RoundRow } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";

/**
 * Stores the answer, shows the next pair when it is ready, and orders the image after it.
 * @throws ServerError PICKAPIC_COMPARISON_UNKNOWN, PICKAPIC_ALREADY_ANSWERED, PICKAPIC_PAIR_EXPIRED
 */
export async function answerComparison(
  tx: Tx,
  comparisonId: string,
  person: Person,
  answer: Answer,
  settings: ResolvedSettings,
): Promise<AnswerReply> {
  const round = await lockRoundOf(tx, comparisonId, person.id);
  if (round.comparison_id !== comparisonId) throw await closedBy(tx, comparisonId, settings);
  const ranking = await insertRanking(tx, comparisonId, person, answer);
  await tx.updateTable("rounds").set({ comparison_id: null }).where("id", "=", round.id).execute();
  const karma = await addKarma(tx, person.id, 1);
  const shown = await showNextPair(tx, { ...round, comparison_id: null }, settings);
  const next = await orderMissing(tx, shown, settings);
  return { ranking, karma, round: await presentRound(tx, next, settings.concurrency) };
}

/**
 * The round of a comparison, locked: all that happens to one round happens one after the other.
 * @throws ServerError PICKAPIC_COMPARISON_UNKNOWN, also for a comparison of another person.
 */
export async function lockRoundOf(tx: Tx, comparisonId: string, userId: string): Promise<RoundRow> {
  const found = await tx.selectFrom("comparisons").select("round_id").where("id", "=", comparisonId).executeTakeFirst();
  const round = found && (await lockRound(tx, found.round_id));
  if (!round || round.user_id !== userId) throw new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
  return round;
}

/**
 * Why a pair does not wait for an answer: an undo removed it, it was skipped, it expired (rounds/expire.ts), or it has one. Read under the
 * lock of the round.
 */
export async function closedBy(tx: Tx, comparisonId: string, { unansweredDays }: ResolvedSettings): Promise<ServerError> {
  const { rows } = await sql<{ expired: boolean; skipped: boolean }>`
    select 'expired' in (l.state, r.state) as expired, c.skipped_at is not null as skipped
    from comparisons c join images l on l.id = c.left_image join images r on r.id = c.right_image where c.id = ${comparisonId}`.execute(
    tx,
  );
  if (!rows[0]) return new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
  if (rows[0].skipped) return new ServerError("PICKAPIC_PAIR_SKIPPED");
  return rows[0].expired
    ? new ServerError("PICKAPIC_PAIR_EXPIRED", unansweredDays)
    : new ServerError("PICKAPIC_ALREADY_ANSWERED");
}

/** The largest int32, some 25 days: a page that was left open is no reason to lose an answer. */
const LONGEST_MS = 2 ** 31 - 1;

async function insertRanking(tx: Tx, comparison_id: string, person: Person, answer: Answer): Promise<number> {
  const row = {
    comparison_id,
    user_id: person.id,
    choice: answer.choice,
    answer_ms: Math.min(answer.elapsedMs, LONGEST_MS),
    consent_version: person.consentVersion ?? "",
    simulated: answer.simulated ? JSON.stringify(answer.simulated) : null,
  };
  const { id } = await tx.insertInto("rankings").values(row).returning("id").executeTakeFirstOrThrow();
  return id;
}

/**
 * Takes back the last answer of a round: its comparison is open again. Again for the same answer changes nothing.
 * @throws ServerError PICKAPIC_RANKING_UNKNOWN, PICKAPIC_UNDO_NOT_LAST
 */
export async function withdrawRanking(tx: Tx, rankingId: number, person: Person): Promise<RoundRow> {
  const { comparisonId, roundId } = await findRanking(tx, rankingId, person.id);
  const round = await lockRound(tx, roundId);
  if (!round) throw new ServerError("PICKAPIC_RANKING_UNKNOWN");
  if (round.comparison_id === comparisonId) return round;
  if (!(await isLastAnswer(tx, rankingId, roundId))) throw new ServerError("PICKAPIC_UNDO_NOT_LAST");
  await tx.updateTable("rankings").set({ withdrawn_at: new Date() }).where("id", "=", rankingId).execute();
  await addKarma(tx, person.id, -1);
  const open = { comparison_id: comparisonId, problem_code: null, problem_message: null };
  await tx.updateTable("rounds").set(open).where("id", "=", roundId).execute();
  // Nobody answered the comparison after it: it never was, and its new image is unshown again.
  if (round.comparison_id !== null) await tx.deleteFrom("comparisons").where("id", "=", round.comparison_id).execute();
  return { ...round, ...open };
}

async function findRanking(tx: Tx, id: number, userId: string): Promise<{ comparisonId: string; roundId: string }> {
  const found = await tx
    .selectFrom("rankings as r")
    .innerJoin("comparisons as c", "c.id", "r.comparison_id")
    .select(["c.id as comparisonId", "c.round_id as roundId"])
    .where("r.id", "=", id)
    .where("r.user_id", "=", userId)
    .executeTakeFirst();
  if (!found) throw new ServerError("PICKAPIC_RANKING_UNKNOWN");
  return found;
}

/** Read under the lock of the round. */
async function isLastAnswer(tx: Tx, rankingId: number, roundId: string): Promise<boolean> {
  const { rows } = await sql<{ id: number }>`
    select r.id from rankings r join comparisons c on c.id = r.comparison_id
    where c.round_id = ${roundId} and r.withdrawn_at is null
    order by c.number desc limit 1`.execute(tx);
  return rows[0]?.id === rankingId;
}
