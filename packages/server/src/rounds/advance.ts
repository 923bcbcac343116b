/**
 * @file Moves a round on: shows the next pair as soon as its images are ready, and orders images before they are missing. A change is planned from the
 * state of the round, without a lock. One statement then writes it, and writes nothing if the version of the round has changed since.
 */
import { randomUUID } from "node:crypto";
import { drawImage, type NotDrawn } from "@pickapic/generation";
import { type RawBuilder, sql } from "kysely";
import type { Tx } from "../database/database.ts";
import { runTogether, type TableExpression } from "../database/tableExpressions.ts";
import { ServerError } from "../errors.ts";
import { type ImageOrder, imagesThisWeek, queueExpressions, wakeWorkers } from "../jobs/queue.ts";
import { RESTING_MODELS } from "../jobs/troubles.ts";
import type { ResolvedSettings } from "../settings.ts";
import { notDrawn } from "./draws.ts";
import { type Answered, type Board, imagesMissing, imagesNeeded, isStuck, nextPair, type Pair } from "./plan.ts";
import { boardOf, type LastAnswer, type RoundState, type SizedImage, type UnshownImage } from "./queries.ts";

type Settings = Pick<ResolvedSettings, "backends" | "random" | "imagesAhead" | "userWeeklyLimit">;

/** A planned change of a round, before it is written. */
export interface Advance {
  /** The state of the round after the change. */
  state: RoundState;
  pair: (Pair & { id: string }) | null;
  orders: readonly ImageOrder[];
  /** Ids of queued images that were prepared ahead and that the next pair now needs: they become urgent. */
  urged: readonly string[];
}

/** True for a round that shows no more pairs and for which no images are ordered here: a finished one, and one of the best-of-n page. */
const isClosed = ({ round }: RoundState) => round.finished_at !== null || round.best_of !== null;

/** Plans the next pair if its images are ready. Orders no images. */
export function planPair(state: RoundState, random: Settings["random"]): Advance {
  const ready = state.images.filter(isReady);
  const history = state.last?.stands ? [answeredOf(state.last)] : [];
  const ids = ready.map(({ id }) => id);
  const pair = state.shown || isClosed(state) ? null : nextPair(history, ids, random);
  return pair ? showing({ ...pair, id: randomUUID() }, state, ready) : { state, pair: null, orders: [], urged: [] };
}

/**
 * Plans the next pair and the orders of missing images: first those that the person waits for, then those that are prepared ahead. A person who has used
 * up the weekly limit gets no more images: the round shows those that it has, and then its problem is PICKAPIC_WEEKLY_SHARE.
 * When no model can be drawn any more, the problem is PICKAPIC_MODELS_SPENT, or PICKAPIC_PICTURES_SHOWN for pictures made earlier.
 * @param imagesThisWeek number of images ordered for the person in the last seven days
 * @param not what may not be drawn, as `notDrawn` reads it
 */
export function planAdvance(before: RoundState, settings: Settings, imagesThisWeek: number, not: NotDrawn): Advance {
  const shown = planPair(before, settings.random);
  if (isClosed(before)) return shown;
  const board = boardOf(shown.state);
  const missing = imagesMissing(board, settings.imagesAhead);
  const { userWeeklyLimit } = settings;
  const isSpent = missing > 0 && imagesThisWeek >= userWeeklyLimit;
  const orders = isSpent ? [] : ordersFor(shown.state, board, missing, settings, not);
  const urged = urgedOf(shown.state, board);
  const state = ordering(shown.state, orders);
  if (orders.length === missing || !isStuck(boardOf(state))) return { ...shown, state, orders, urged };
  const reason = isSpent ? new ServerError("PICKAPIC_WEEKLY_SHARE", userWeeklyLimit) : noneToDraw(settings);
  return { ...shown, state: failing(state, reason), orders, urged };
}

/** Why no model can be drawn. */
function noneToDraw({ backends }: Settings): ServerError {
  const areMadeEarlier = backends.every(({ models }) => models.every(({ pictures }) => pictures));
  return areMadeEarlier ? new ServerError("PICKAPIC_PICTURES_SHOWN") : new ServerError("PICKAPIC_MODELS_SPENT");
}

type ReadyImage = UnshownImage & SizedImage;

function isReady(image: UnshownImage): image is ReadyImage {
  return image.state === "ready";
}

function answeredOf({ left, right, choice }: LastAnswer): Answered {
  return { left: left.id, right: right.id, choice };
}

function showing(pair: Pair & { id: string }, state: RoundState, ready: readonly ReadyImage[]): Advance {
  const sizes = [...ready, ...(state.last ? [state.last.left, state.last.right] : [])];
  const sizeOf = (wanted: string): SizedImage => {
    const found = sizes.find(({ id }) => id === wanted);
    if (!found) throw new Error(`image ${wanted} is shown, and is not among those of the round`);
    return { id: found.id, width: found.width, height: found.height };
  };
  const shown = { id: pair.id, left: sizeOf(pair.left), right: sizeOf(pair.right) };
  const images = state.images.filter(({ id }) => id !== pair.left && id !== pair.right);
  const round = { ...state.round, comparison_id: pair.id, problem_code: null, problem_message: null };
  return { state: { ...state, round, images, shown, wait: null }, pair, orders: [], urged: [] };
}

/** Draws the orders of missing images: fewer than `missing` when no more can be drawn. No picture made earlier is drawn twice. */
function ordersFor(
  { round }: RoundState,
  board: Board,
  missing: number,
  { backends, random }: Settings,
  not: NotDrawn,
): ImageOrder[] {
  const prompt = { prompt: round.prompt, negativePrompt: round.negative_prompt };
  const waitedFor = imagesNeeded(board) - board.ready - board.coming;
  const orders: ImageOrder[] = [];
  const isShown = (model: string, picture: number): boolean =>
    not.isShown?.(model, picture) || orders.some(({ request }) => request.model === model && request.picture === picture);
  while (orders.length < missing) {
    const drawn = drawImage(prompt, backends, random, { ...not, isShown });
    if (!drawn) break;
    orders.push({ id: randomUUID(), ...drawn, prompt: round.prompt, backends, urgent: orders.length < waitedFor });
  }
  return orders;
}

function urgedOf({ images }: RoundState, board: Board): string[] {
  const urgent = Math.max(0, imagesNeeded(board) - board.ready);
  const queued = images.filter(({ state }) => state === "queued").map(({ id }) => id);
  return queued.slice(0, urgent);
}

function ordering(state: RoundState, orders: readonly ImageOrder[]): RoundState {
  const ordered = orders.map(
    ({ id }): UnshownImage => ({ id, number: null, state: "queued", fraction: 0, width: null, height: null }),
  );
  return { ...state, images: [...state.images, ...ordered] };
}

function failing(state: RoundState, { code, message }: ServerError): RoundState {
  return { ...state, round: { ...state.round, problem_code: code, problem_message: message } };
}

/** True when the next pair needs images of this advance, so that the workers should be told of them at once. */
export function isWaitedFor({ orders, urged }: Advance): boolean {
  return urged.length > 0 || orders.some(({ urgent }) => urgent);
}

/**
 * Returns the table expressions of a statement that write an advance. The table expression `moved` has one row if the round still has the version that the advance was planned
 * from. Otherwise it has none, and nothing is written. Further expressions of the statement can read from `moved` to depend on the same condition.
 * @param gate a further condition, such as sql`exists (select from made)`
 * @param handedOut true when this reply carries the next pair, so that the time to answer starts now
 */
export function advanceExpressions(
  { state, pair, orders, urged }: Advance,
  { gate = sql`true`, handedOut }: { gate?: RawBuilder<unknown>; handedOut: boolean },
): TableExpression[] {
  const { id, version, comparison_id, problem_code, problem_message } = state.round;
  const moved = sql`
    update rounds set version = version + 1, comparison_id = ${comparison_id}, problem_code = ${problem_code}, problem_message = ${problem_message}
    where id = ${id} and version = ${version} and ${gate} returning id, user_id`;
  const expressions: TableExpression[] = [{ name: "moved", sql: moved }];
  if (pair) expressions.push({ name: "shown", sql: insertComparison(pair, handedOut) });
  return [...expressions, ...queueExpressions(orders, urged)];
}

/**
 * The probability with which the models of a pair of images `l` and `r` were drawn (docs/mathematics.md): that of the new model where an image is kept, else
 * that of both in either order.
 */
const drawnWith = (kept: string | null) => sql`
  case when ${kept}::uuid is null then l.draw_probability * r.draw_probability * case when l.model = r.model then 1 else 2 end
    when ${kept}::uuid = l.id then r.draw_probability else l.draw_probability end`;

/** Inserts the comparison, with the models of its images and the consent that the person has given at this moment. */
function insertComparison({ id, left, right, kept }: Pair & { id: string }, handedOut: boolean): RawBuilder<unknown> {
  return sql`
    insert into comparisons (id, round_id, left_image, right_image, kept_image, left_model, right_model, draw_probability, consent_version, shown_at)
    select ${id}::uuid, moved.id, l.id, r.id, ${kept}::uuid, l.model, r.model, ${drawnWith(kept)}, p.consent_version, ${handedOut ? sql`clock_timestamp()` : sql`null`}
    from moved join people p on p.user_id = moved.user_id, images l, images r where l.id = ${left} and r.id = ${right}`;
}

/** Attempts after which unlessMoved gives up. A round changes a few times a second at most, so this many conflicts in a row are a bug. */
const MOST_TRIES = 50;

/**
 * Repeats an attempt to plan and write a change until the round did not change between the two.
 * @param attempt returns null if the round changed in between
 * @throws Error after 50 attempts
 */
export async function unlessMoved<T>(attempt: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const done = await attempt();
    if (done !== null) return done;
  }
  throw new Error(`the round changed ${MOST_TRIES} times while one change was planned`);
}

/**
 * Shows the next pair and orders missing images, in a transaction that holds the lock of the round.
 * @param handedOut true when the reply of this request carries the next pair
 * @param failed models that are drawn only when no other can be
 * @returns the state of the round after the change
 */
export async function advanceLocked(
  tx: Tx,
  before: RoundState,
  settings: Settings,
  { handedOut = true, failed = [] }: { handedOut?: boolean; failed?: readonly string[] } = {},
): Promise<RoundState> {
  const { rows } = await sql<{ images: number; resting: string[] }>`
    select ${imagesThisWeek(before.round.user_id)} as images, ${RESTING_MODELS} as resting`.execute(tx);
  const { images, resting } = rows[0] ?? { images: 0, resting: [] };
  const not = await notDrawn(tx, before.round.id, settings, [...resting, ...failed]);
  const advance = planAdvance(before, settings, images, not);
  await runTogether(tx, advanceExpressions(advance, { handedOut }), sql`select id from moved`);
  if (isWaitedFor(advance)) await wakeWorkers(tx);
  return advance.state;
}
