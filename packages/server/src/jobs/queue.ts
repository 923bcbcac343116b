/**
 * @file Orders images. The queue is the table of images itself, so an order is one row in the caller's transaction.
 *
 * Fair turns: urgent images come before prepared ones; among equals the lowest `turn` is generated first. Turns are those of start-time fair
 * queueing (Goyal, Vin, Cheng 1996). `turn_now` is the highest turn taken so far. An order of n images starts at
 * max(turn_now, finish of the person's last order) and finishes n * w later, where w is the number of people of the same network address who have
 * images waiting. So each address gets the same share of the generators, the people of one address share it evenly, and a person who orders
 * thousands of images delays others by about one image.
 */
import { createHmac, randomUUID } from "node:crypto";
import { type Backend, findOffer, type GenerationRequest } from "@pickapic/generation";
import { sql } from "kysely";
import { networkOf } from "../auth/newcomers.ts";
import type { Database, Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import type { RoundRow } from "../rounds/queries.ts";
import type { ResolvedSettings } from "../settings.ts";

/** Workers listen on this channel of PostgreSQL: an image may be taken. */
export const IMAGE_CHANNEL = "pickapic_image";

export interface ImageOrder {
  request: GenerationRequest;
  backends: readonly Backend[];
  /** A person waits for the image; others are prepared ahead. */
  urgent: boolean;
}

/**
 * Orders images for a round in one statement: gives the person the next turns and wakes the workers. All urgent images of an order share its first
 * turn, because a pair is of no use before both of its images are there.
 */
export async function orderImages(tx: Tx, round: Pick<RoundRow, "id" | "user_id">, orders: readonly ImageOrder[]): Promise<void> {
  if (orders.length === 0) return;
  const rows = orders.map((order, place) => ({ id: randomUUID(), ...columnsOf(order), urgent: order.urgent, place }));
  const count = orders.length;
  await sql`
    with clock as (select last_value as turn from turn_now),
    sharing as (
      select 1 + count(other.user_id) as people
      from clock join turns mine on mine.user_id = ${round.user_id}
      join turns other on other.network = mine.network and other.user_id <> mine.user_id and other.finish > clock.turn),
    given as (
      insert into turns as t (user_id, network, finish)
      select ${round.user_id}, ${round.user_id}, clock.turn + ${count} * people from clock, sharing
      on conflict (user_id) do update set ordered_at = now(),
        finish = greatest(t.finish, (select turn from clock)) + ${count} * (select people from sharing)
      returning t.finish)
    insert into images (id, round_id, backend, model, seed, guidance_scale, steps, scheduler, request_width, request_height, urgent, turn)
    select o.id, ${round.id}, o.backend, o.model, o.seed, o.guidance_scale, o.steps, o.scheduler, o.request_width, o.request_height, o.urgent,
      given.finish - people * (${count} - case when o.urgent then 0 else o.place end)
    from given, sharing, json_to_recordset(${JSON.stringify(rows)}) as o (
      id uuid, backend text, model text, seed bigint, guidance_scale float8, steps int, scheduler text, request_width int, request_height int,
      urgent boolean, place int)
    order by o.place
    returning pg_notify(${IMAGE_CHANNEL}, '')`.execute(tx);
}

function columnsOf({ request, backends }: ImageOrder) {
  const { model, seed, guidanceScale, steps, width, height } = request;
  const offer = findOffer(backends, model);
  return {
    backend: offer.backend.name,
    model,
    seed,
    guidance_scale: guidanceScale,
    steps,
    scheduler: offer.model.scheduler,
    request_width: width,
    request_height: height,
  };
}

/** Marks images as waited for: they overtake images that are only prepared. Images that are being generated are left alone. */
export async function urgeImages(tx: Tx, images: readonly string[]): Promise<void> {
  if (images.length === 0) return;
  await tx.updateTable("images").set({ urgent: true }).where("id", "in", images).where("state", "=", "queued").execute();
}

/** How many images will be taken before this one. 0 for an image that does not wait. */
export async function imagesBefore(db: Database, image: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from images mine join images other on other.state = 'queued' and (
      other.urgent and not mine.urgent or other.urgent = mine.urgent and (other.turn, other.number) < (mine.turn, mine.number))
    where mine.id = ${image} and mine.state = 'queued'`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Images that were ordered for a user in the last seven days. */
export async function imagesThisWeek(db: Database, userId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from rounds r join images i on i.round_id = r.id
    where r.user_id = ${userId} and i.created_at > now() - interval '7 days'`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The keyed hash under which a network address stands in the database. It changes each day (UTC), so that it says nothing later. */
export function networkMark(address: string, secret: string, now: Date = new Date()): string {
  const day = now.toISOString().slice(0, 10);
  return createHmac("sha256", secret)
    .update(`turns ${day} ${networkOf(address)}`)
    .digest("base64url")
    .slice(0, 16);
}

/** A person with fewer images waiting may go on writing prompts when the queue or the address has reached its limit. */
const FEW = 8;
/** Multiples of the limits at which even a person with few images waiting is refused. */
const HARD = { all: 4, network: 2 } as const;

interface Waiting {
  all: number;
  network: number;
  own: number;
}

/**
 * Lets a person order images: writes down from which network the prompt came, and refuses it when too many images wait. A limit that others have
 * reached refuses only people who have many images waiting themselves, up to a hard limit.
 * @param network as networkMark gives it
 * @throws ServerError PICKAPIC_QUEUE_SHARE, PICKAPIC_QUEUE_FULL, PICKAPIC_ADDRESS_SHARE, PICKAPIC_WEEKLY_SHARE
 */
export async function enterQueue(
  tx: Tx,
  userId: string,
  network: string,
  settings: Pick<ResolvedSettings, "queueLimit" | "addressQueueLimit" | "userQueueLimit" | "userWeeklyLimit">,
): Promise<void> {
  checkWaiting(await countWaiting(tx, userId, network), settings);
  const { userWeeklyLimit } = settings;
  if ((await imagesThisWeek(tx, userId)) >= userWeeklyLimit) throw new ServerError("PICKAPIC_WEEKLY_SHARE", userWeeklyLimit);
}

async function countWaiting(tx: Tx, userId: string, network: string): Promise<Waiting> {
  const { rows } = await sql<Waiting>`
    with entered as (
      insert into turns as t (user_id, network, finish) select ${userId}, ${network}, last_value from turn_now
      on conflict (user_id) do update set network = excluded.network)
    select count(*) as all, count(*) filter (where r.user_id = ${userId}) as own,
      count(*) filter (where r.user_id = ${userId} or t.network = ${network}) as network
    from images i join rounds r on r.id = i.round_id left join turns t on t.user_id = r.user_id
    where i.state in ('queued', 'generating')`.execute(tx);
  return rows[0] ?? { all: 0, network: 0, own: 0 };
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
