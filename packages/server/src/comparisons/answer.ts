/** @file Stores an answer: reads the state of its round, plans the next pair, and writes both in one statement. */
import { type RawBuilder, sql } from "kysely";
import type { Answer, AnswerReply, Round } from "../api.ts";
import { addKarma } from "../auth/people.ts";
import type { Person } from "../auth/sessions.ts";
import type { Database, Tx } from "../database/database.ts";
import { fixed } from "../database/fixed.ts";
import { runTogether, type TableExpression } from "../database/tableExpressions.ts";
import { ServerError } from "../errors.ts";
import {
  type Key,
  repliedBefore,
  replyExpression,
  type StoredReply,
  storedReply,
  unlessRepliedMeanwhile,
} from "../http/idempotency.ts";
import { imagesThisWeek, wakeWorkers } from "../jobs/queue.ts";
import { RESTING_MODELS } from "../jobs/troubles.ts";
import { type Advance, advanceExpressions, isWaitedFor, planAdvance, unlessMoved } from "../rounds/advance.ts";
import { notDrawn } from "../rounds/draws.ts";
import { presentRound } from "../rounds/presenter.ts";
import { COLUMNS_WITHOUT_LAST, lockRound, type RoundRow, type RoundState, stateOf, UNSHOWN } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";

/** An answer to store. */
export interface AnswerRequest {
  comparisonId: string;
  person: Person;
  answer: Answer;
  /** The request's Idempotency-Key. Null if it has none: then a repeated request is refused as a second answer. */
  key: Key | null;
}

/**
 * Stores the answer, shows the next pair if it is ready, and orders the image after it. If the idempotency key was used before,
 * it returns the first reply.
 * @throws ServerError PICKAPIC_COMPARISON_UNKNOWN, PICKAPIC_ALREADY_ANSWERED, PICKAPIC_PAIR_EXPIRED, PICKAPIC_KEY_REUSED
 */
export function answerComparison(db: Database, asked: AnswerRequest, settings: ResolvedSettings): Promise<AnswerReply> {
  return unlessMoved(() => unlessRepliedMeanwhile(() => tryToAnswer(db, asked, settings)));
}

/** Returns null if the round changed between reading and writing. */
async function tryToAnswer(db: Database, asked: AnswerRequest, settings: ResolvedSettings): Promise<AnswerReply | null> {
  const { comparisonId, answer, key } = asked;
  const { replied, orderedThisWeek, shownMs, resting, ...state } = await readAsked(db, asked);
  if (key && replied) return repliedBefore<AnswerReply>(key, replied);
  if (state.round === null) throw new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
  if (state.shown?.id !== comparisonId) throw await closedBy(db, comparisonId, settings);
  const { left, right } = state.shown;
  const last = { ranking: null, choice: answer.choice, left, right, reported: false, stands: true };
  const round = { ...state.round, comparison_id: null };
  const look = lookOf(answer, shownMs, settings.fastestAnswerMs);
  const answered = { ...state, round, answers: state.answers + (look.tooFast ? 0 : 1), last, shown: null };
  const not = await notDrawn(db, round.id, settings, resting);
  const advance = planAdvance(answered, settings, orderedThisWeek, not);
  return store(db, { ...asked, look }, advance, presentRound(advance.state, settings.concurrency));
}

/** How long a person looked at a pair before the answer. */
interface Look {
  /** ms */
  ms: number;
  /** True if it was faster than a person can see. Such an answer is stored, but counts nowhere. */
  tooFast: boolean;
}

/** The largest int32, about 25 days. Longer times are cut to it, so that an answer of a page that was left open can be stored. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Returns the time that the page measured, but at most the time since the pair was handed out, because a page can claim any time.
 * Times of simulated people are taken as they are.
 * @param shownMs ms since the pair was first sent to the person. Null if it was never sent, so that no person can have seen it.
 * Negative if the clock was set back since; then it is ignored
 */
export function lookOf({ elapsedMs, simulated }: Answer, shownMs: number | null, fastestAnswerMs: number): Look {
  const claimed = Math.min(elapsedMs, LONGEST_MS);
  if (simulated) return { ms: claimed, tooFast: false };
  const ms = shownMs !== null && shownMs < 0 ? claimed : Math.min(claimed, Math.floor(shownMs ?? 0));
  return { ms, tooFast: ms < fastestAnswerMs };
}

type Asked = (RoundState | { round: null }) & {
  replied: StoredReply | null;
  orderedThisWeek: number;
  /** Time since the comparison was handed out, ms. */
  shownMs: number | null;
  /** The models that rest. */
  resting: string[];
};

const askedBy = fixed<{ comparison: string; user: string; key: string | null }, Asked>(
  (parameter) => sql<Asked>`
    select ${COLUMNS_WITHOUT_LAST}, ${imagesThisWeek(parameter("user"))} as "orderedThisWeek",
      ${storedReply(parameter("user"), parameter("key"))} as replied,
      (extract(epoch from clock_timestamp() - q.shown_at) * 1000)::float8 as "shownMs", ${RESTING_MODELS} as resting
    from (select 1) as asked
    left join (comparisons q join rounds o on o.id = q.round_id and o.user_id = ${parameter("user")}) on q.id = ${parameter("comparison")}
    ${UNSHOWN}`,
);

/**
 * Reads the round of the comparison (null if it belongs to another person), and the reply to an earlier request with the same
 * key.
 */
async function readAsked(db: Database, { comparisonId, person, key }: AnswerRequest): Promise<Asked> {
  const [row] = await askedBy(db, { comparison: comparisonId, user: person.id, key: key?.key ?? null });
  if (!row) throw new Error("a left join has a row for each on its left");
  return row;
}

/**
 * Locks the round of a comparison, so that changes of one round happen one after the other.
 * @throws ServerError PICKAPIC_COMPARISON_UNKNOWN, also for a comparison of another person
 */
export async function lockRoundOf(tx: Tx, comparisonId: string, userId: string): Promise<RoundRow> {
  const found = await tx.selectFrom("comparisons").select("round_id").where("id", "=", comparisonId).executeTakeFirst();
  const round = found && (await lockRound(tx, found.round_id));
  if (!round || round.user_id !== userId) throw new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
  return round;
}

/**
 * Returns why a pair takes no answer: an undo removed it, it was skipped, its round was finished, it expired (rounds/expire.ts),
 * or it was answered.
 */
export async function closedBy(db: Database, comparisonId: string, { unansweredDays }: ResolvedSettings): Promise<ServerError> {
  const { rows } = await sql<{ expired: boolean; skipped: boolean; finished: boolean }>`
    select 'expired' in (l.state, r.state) as expired, c.skipped_at is not null as skipped, o.finished_at is not null as finished
    from comparisons c join rounds o on o.id = c.round_id join images l on l.id = c.left_image join images r on r.id = c.right_image where c.id = ${comparisonId}`.execute(
    db,
  );
  if (!rows[0]) return new ServerError("PICKAPIC_COMPARISON_UNKNOWN");
  if (rows[0].skipped)
    return rows[0].finished ? new ServerError("PICKAPIC_ROUND_FINISHED") : new ServerError("PICKAPIC_PAIR_SKIPPED");
  return rows[0].expired
    ? new ServerError("PICKAPIC_PAIR_EXPIRED", unansweredDays)
    : new ServerError("PICKAPIC_ALREADY_ANSWERED");
}

interface LookedRequest extends AnswerRequest {
  look: Look;
}

/** Stores everything in one statement. Returns null and stores nothing when the round has changed since it was read. */
async function store(db: Database, asked: LookedRequest, advance: Advance, round: Round): Promise<AnswerReply | null> {
  const expressions = [...advanceExpressions(advance, { handedOut: true }), insertRanking(asked), thanked(asked.look)];
  if (asked.key) expressions.push(replyExpression(asked.key, 200, replyBody(round), sql`answered, thanked`));
  const result = sql<{ ranking: number; karma: number }>`select answered.id as ranking, thanked.karma from answered, thanked`;
  const [stored] = await runTogether(db, expressions, result);
  if (!stored) return null;
  // The answer is stored, so no later failure may refuse it.
  if (isWaitedFor(advance)) wakeWorkers(db).catch(() => undefined);
  return { ...stored, round: { ...round, lastRanking: stored.ranking } };
}

function insertRanking({ comparisonId, person, answer, look }: LookedRequest): TableExpression {
  const simulated = answer.simulated ? JSON.stringify(answer.simulated) : null;
  const answered = sql`
    insert into rankings (comparison_id, user_id, choice, answer_ms, too_fast, consent_version, simulated)
    select ${comparisonId}::uuid, moved.user_id, ${answer.choice}, ${look.ms}::int, ${look.tooFast}::boolean,
      ${person.consentVersion ?? ""}, ${simulated}::jsonb
    from moved returning id`;
  return { name: "answered", sql: answered };
}

function thanked({ tooFast }: Look): TableExpression {
  const points = tooFast ? 0 : 1;
  return {
    name: "thanked",
    sql: sql`update people set karma = karma + ${points}::int from moved where people.user_id = moved.user_id returning karma`,
  };
}

/** The body of this reply, stored for a repeated request. */
function replyBody(round: Round): RawBuilder<unknown> {
  return sql`
    jsonb_build_object('ranking', answered.id, 'karma', thanked.karma,
      'round', ${JSON.stringify(round)}::jsonb || jsonb_build_object('lastRanking', answered.id))`;
}

/**
 * Takes back the last answer of a round, so that its comparison is open again, and returns the round. Repeating it changes
 * nothing.
 * @throws ServerError PICKAPIC_RANKING_UNKNOWN, PICKAPIC_UNDO_NOT_LAST, PICKAPIC_UNDO_REVEALED
 */
export async function withdrawRanking(tx: Tx, rankingId: number, person: Person): Promise<RoundState> {
  const ranking = await findRanking(tx, rankingId, person.id);
  const round = await lockRound(tx, ranking.roundId);
  if (round && round.comparison_id !== ranking.comparisonId) await reopen(tx, ranking, round);
  if (!round) throw new ServerError("PICKAPIC_RANKING_UNKNOWN");
  return stateOf(tx, ranking.roundId);
}

async function reopen(tx: Tx, { id, comparisonId, tooFast }: FoundRanking, round: RoundRow): Promise<void> {
  if (!(await isLastAnswer(tx, id, round.id))) throw new ServerError("PICKAPIC_UNDO_NOT_LAST");
  if (round.finished_at !== null) throw new ServerError("PICKAPIC_UNDO_REVEALED");
  await tx.updateTable("rankings").set({ withdrawn_at: new Date() }).where("id", "=", id).execute();
  if (!tooFast) await addKarma(tx, round.user_id, -1);
  const open = { comparison_id: comparisonId, problem_code: null, problem_message: null };
  await tx.updateTable("rounds").set(open).where("id", "=", round.id).execute();
  // The pair that was open until now has no answer. It is deleted, so that its new image can be shown again.
  if (round.comparison_id !== null) await tx.deleteFrom("comparisons").where("id", "=", round.comparison_id).execute();
}

interface FoundRanking {
  id: number;
  comparisonId: string;
  roundId: string;
  tooFast: boolean;
}

async function findRanking(tx: Tx, id: number, userId: string): Promise<FoundRanking> {
  const found = await tx
    .selectFrom("rankings as r")
    .innerJoin("comparisons as c", "c.id", "r.comparison_id")
    .select(["r.id", "c.id as comparisonId", "c.round_id as roundId", "r.too_fast as tooFast"])
    .where("r.id", "=", id)
    .where("r.user_id", "=", userId)
    .executeTakeFirst();
  if (!found) throw new ServerError("PICKAPIC_RANKING_UNKNOWN");
  return found;
}

/** True if the ranking is the last one of its round that was not taken back. The caller holds the lock of the round. */
async function isLastAnswer(tx: Tx, rankingId: number, roundId: string): Promise<boolean> {
  const { rows } = await sql<{ id: number }>`
    select r.id from rankings r join comparisons c on c.id = r.comparison_id
    where c.round_id = ${roundId} and r.withdrawn_at is null
    order by c.number desc limit 1`.execute(tx);
  return rows[0]?.id === rankingId;
}
