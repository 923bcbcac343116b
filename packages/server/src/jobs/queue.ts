/**
 * @file Orders images. The table of images is the queue, so an order is a row that the caller's transaction inserts.
 *
 * The queue is fair: urgent images come before prepared ones, and within equal urgency the lowest `turn` is generated first. Turns are computed by
 * start-time fair queueing (Goyal, Vin, Cheng 1996). `turn_now` is the highest turn taken so far. An order of n images starts at
 * max(turn_now, finish of the person's last order) and finishes n * w later, where w is the number of people of the same network address who have
 * images waiting. So each address gets the same share of the generators, the people of one address share it evenly, and a person who orders
 * thousands of images delays others by about one image.
 */
import { createHmac } from "node:crypto";
import { type Backend, findOffer, type GenerationRequest } from "@pickapic/generation";
import { type RawBuilder, sql } from "kysely";
import { networkOf } from "../auth/newcomers.ts";
import type { Database, Tx } from "../database/database.ts";
import { isInState } from "../database/state.ts";
import { runTogether, type TableExpression } from "../database/tableExpressions.ts";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import { RESTING_MODELS } from "./troubles.ts";

/**
 * Turns from here on are those of images of the best-of-n page, which come after all others: those of pairs, urgent or prepared, whose turns stay below.
 * The first images of all such orders come before the second ones, and so on, so that these people share evenly what is left.
 */
export const ASIDE_FROM = 2 ** 52;

/** The PostgreSQL channel on which workers are told that an image may wait. */
export const IMAGE_CHANNEL = "pickapic_image";

/** An image to be generated. */
export interface ImageOrder {
  /** Random id of the new image. */
  id: string;
  request: GenerationRequest;
  /** The prompt of the round. A template may have made another one of it for the request. */
  prompt: string;
  /** Probability with which the model was drawn. */
  probability: number;
  backends: readonly Backend[];
  /** True if a person waits for the image, false if it is prepared ahead. */
  urgent: boolean;
}

/**
 * Returns the table expressions of a statement that order images and make waiting images urgent. The statement must have a table expression `moved` with the round's `id` and
 * `user_id`; if it has no row, nothing is written. The workers are told by wakeWorkers.
 * @param urged ids of images that were prepared ahead and that a person now waits for
 */
export function queueExpressions(orders: readonly ImageOrder[], urged: readonly string[]): TableExpression[] {
  return [...(orders.length > 0 ? orderExpressions(orders) : []), ...(urged.length > 0 ? [urgeExpression(urged)] : [])];
}

/**
 * Tells the workers that an image may wait. An answer calls this after its commit and does not wait for it: PostgreSQL runs commits that notify one after the
 * other, and each would delay the next until it is on the disk. A lost notification costs little, because workers look for images every half second anyway.
 */
export async function wakeWorkers(db: Database): Promise<void> {
  await sql`select pg_notify(${IMAGE_CHANNEL}, '')`.execute(db);
}

/** The table expressions that order images. All urgent images of an order get its first turn, because a pair can only be shown when both of its images are ready. */
function orderExpressions(orders: readonly ImageOrder[]): TableExpression[] {
  const rows = JSON.stringify(orders.map((order, place) => ({ ...columnsOf(order), place })));
  const count = orders.length;
  const sharing = sql`
    select 1 + count(other.user_id) as people
    from clock join moved on true join turns mine on mine.user_id = moved.user_id
    join turns other on other.network = mine.network and other.user_id <> mine.user_id and other.finish > clock.turn`;
  const given = sql`
    insert into turns as t (user_id, network, finish)
    select moved.user_id, moved.user_id, clock.turn + ${count}::int * people from moved, clock, sharing
    on conflict (user_id) do update set ordered_at = now(),
      finish = greatest(t.finish, (select turn from clock)) + ${count}::int * (select people from sharing)
    returning t.finish`;
  const ordered = sql`
    insert into images (id, round_id, backend, model, seed, guidance_scale, steps, scheduler, request_width, request_height,
      asked_prompt, asked_negative_prompt, picture, draw_probability, urgent, turn)
    select o.id, moved.id, o.backend, o.model, o.seed, o.guidance_scale, o.steps, o.scheduler, o.request_width, o.request_height,
      o.asked_prompt, o.asked_negative_prompt, o.picture, o.draw_probability, o.urgent,
      given.finish - people * (${count}::int - case when o.urgent then 0 else o.place end)
    from moved, given, sharing, json_to_recordset(${rows}::json) as o (
      id uuid, backend text, model text, seed bigint, guidance_scale float8, steps int, scheduler text, request_width int, request_height int,
      asked_prompt text, asked_negative_prompt text, picture int, draw_probability float8, urgent boolean, place int)
    order by o.place`;
  const counted = sql`
    insert into daily_orders as d (user_id, day, images) select user_id, ${TODAY}, ${count}::int from moved
    on conflict (user_id, day) do update set images = d.images + excluded.images`;
  return [
    { name: "clock", sql: sql`select last_value as turn from turn_now` },
    { name: "sharing", sql: sharing },
    { name: "given", sql: given },
    { name: "ordered", sql: ordered },
    { name: "counted", sql: counted },
  ];
}

/** The table expression that makes queued images urgent, so that they overtake images that are prepared ahead. It leaves images that are being generated alone. */
function urgeExpression(images: readonly string[]): TableExpression {
  const urged = sql`update images set urgent = true from moved where images.id = any(${images}::uuid[]) and ${isInState("images", "queued")}`;
  return { name: "urged", sql: urged };
}

/**
 * Orders images for a round, and tells the workers.
 * @param round a statement that returns the `id` and the `user_id` of the round, such as the one that inserts it: all is one statement
 */
export async function orderImages(tx: Tx, round: RawBuilder<unknown>, orders: readonly ImageOrder[]): Promise<void> {
  const woken: TableExpression = { name: "woken", sql: sql`select pg_notify(${IMAGE_CHANNEL}, '') from moved`, calls: true };
  const ordering = orders.length > 0 ? [...queueExpressions(orders, []), woken] : [];
  await runTogether(tx, [{ name: "moved", sql: round }, ...ordering], sql`select id from moved`);
}

/** The columns of an order's row. */
function columnsOf({ id, request, prompt, probability, backends, urgent }: ImageOrder) {
  const { negativePrompt, model, seed, guidanceScale, steps, width, height } = request;
  const offer = findOffer(backends, model);
  return {
    id,
    urgent,
    backend: offer.backend.name,
    model,
    seed,
    guidance_scale: guidanceScale,
    steps,
    scheduler: offer.model.scheduler,
    request_width: width,
    request_height: height,
    asked_prompt: request.prompt === prompt ? null : request.prompt,
    asked_negative_prompt: negativePrompt,
    picture: request.picture ?? null,
    draw_probability: probability,
  };
}

/** Orders images for the best-of-n page, and tells the workers. */
export async function orderAside(
  tx: Tx,
  round: { id: string; user_id: string },
  orders: readonly Omit<ImageOrder, "urgent">[],
): Promise<void> {
  const rows = orders.map((order, i) => ({
    ...columnsOf({ ...order, urgent: false }),
    round_id: round.id,
    turn: ASIDE_FROM + i,
  }));
  await tx.insertInto("images").values(rows).execute();
  await sql`
    insert into daily_orders as d (user_id, day, images) values (${round.user_id}, ${TODAY}, ${rows.length}::int)
    on conflict (user_id, day) do update set images = d.images + excluded.images`.execute(tx);
  await wakeWorkers(tx);
}

/** The largest bigint, larger than every turn and number. */
const LAST_OF_ALL = sql.lit("9223372036854775807");

/**
 * A subselect: the number of urgent images that will be taken before a given image. It is 0 if the image does not wait. It reads only the part of the queue that it
 * counts.
 * @param image a subselect of the image's id; where that is null, as for an image that is being ordered, all urgent images are counted
 */
export function imagesBefore(image: RawBuilder<unknown>): RawBuilder<number> {
  return sql<number>`(
    select case when mine.state <> 'queued' then 0 else (
      select count(*) from images other where other.state = 'queued' and other.urgent
        and (other.turn, other.number) < (coalesce(mine.turn, ${LAST_OF_ALL}), coalesce(mine.number, ${LAST_OF_ALL}))) end
    from (select 1) as one left join images mine on mine.id = ${image})::int`;
}

/**
 * A subselect: the number of images that were ordered for a user today and on the six days before (UTC). It adds up counts per day, because reading the images
 * of a week takes longer than all the rest of an answer.
 * @param userId the user's id, or what stands for it in a fixed statement
 */
export function imagesThisWeek(userId: unknown): RawBuilder<number> {
  return sql<number>`(
    select coalesce(sum(images), 0) from daily_orders where user_id = ${userId} and day > ${TODAY} - 7)::int`;
}

const TODAY = sql`(now() at time zone 'utc')::date`;

/** Returns the keyed hash that stands for a network address in the database. It changes each day (UTC), so that old hashes cannot be linked to new ones. */
export function networkMark(address: string, secret: string, now: Date = new Date()): string {
  const day = now.toISOString().slice(0, 10);
  return createHmac("sha256", secret)
    .update(`turns ${day} ${networkOf(address)}`)
    .digest("base64url")
    .slice(0, 16);
}

/** A person with fewer waiting images than this may order more although others have filled the queue or the share of the address. */
const FEW = 8;
/** How many times the limit may be exceeded before even a person with few waiting images is refused. */
const HARD = { all: 4, network: 2 } as const;

/** Numbers of images that are queued or being generated: of everyone, of the network address (the person included), and of the person. */
interface Waiting {
  all: number;
  network: number;
  own: number;
}

/**
 * Checks that a person may order images, and stores from which network the prompt came. Refuses when too many images wait. A limit that others have
 * filled refuses only people who have many waiting images themselves, up to a hard limit.
 * @param network as networkMark gives it
 * @param order "aside": images of the best-of-n page are ordered. They wait for those of pairs, so that the limits for these do not count them.
 * @returns the models that rest, as RESTING_MODELS reads them: the caller needs them for the order
 * @throws ServerError PICKAPIC_QUEUE_SHARE, PICKAPIC_QUEUE_FULL, PICKAPIC_ADDRESS_SHARE, PICKAPIC_WEEKLY_SHARE
 */
export async function enterQueue(
  tx: Tx,
  userId: string,
  network: string,
  settings: Pick<ResolvedSettings, "queueLimit" | "addressQueueLimit" | "userQueueLimit" | "userWeeklyLimit">,
  order: "pairs" | "aside" = "pairs",
): Promise<string[]> {
  const { week, resting, ...waiting } = await countWaiting(tx, userId, network, order);
  checkWaiting(waiting, settings);
  const { userWeeklyLimit } = settings;
  if (week >= userWeeklyLimit) throw new ServerError("PICKAPIC_WEEKLY_SHARE", userWeeklyLimit);
  return resting;
}

interface Entered extends Waiting {
  /** Images that were ordered for the person in the last seven days. */
  week: number;
  resting: string[];
}

async function countWaiting(tx: Tx, userId: string, network: string, order: "pairs" | "aside"): Promise<Entered> {
  const { rows } = await sql<Entered>`
    with entered as (
      insert into turns as t (user_id, network, finish) select ${userId}, ${network}, last_value from turn_now
      on conflict (user_id) do update set network = excluded.network)
    select count(*) as all, count(*) filter (where r.user_id = ${userId}) as own,
      count(*) filter (where r.user_id = ${userId} or t.network = ${network}) as network, ${imagesThisWeek(userId)} as week,
      ${RESTING_MODELS} as resting
    from images i join rounds r on r.id = i.round_id left join turns t on t.user_id = r.user_id
    where (i.state = 'queued' or i.state = 'generating') and (i.turn < ${ASIDE_FROM}::bigint or ${order === "aside"}::boolean)`.execute(
    tx,
  );
  return rows[0] ?? { all: 0, network: 0, own: 0, week: 0, resting: [] };
}

function checkWaiting(
  { all, network, own }: Waiting,
  {
    queueLimit,
    addressQueueLimit,
    userQueueLimit,
  }: Pick<ResolvedSettings, "queueLimit" | "addressQueueLimit" | "userQueueLimit">,
): void {
  if (own >= userQueueLimit) throw new ServerError("PICKAPIC_QUEUE_SHARE", own);
  const few = own < FEW;
  if (all >= queueLimit * (few ? HARD.all : 1)) throw new ServerError("PICKAPIC_QUEUE_FULL", all);
  if (network >= addressQueueLimit * (few ? HARD.network : 1)) throw new ServerError("PICKAPIC_ADDRESS_SHARE", network);
}
