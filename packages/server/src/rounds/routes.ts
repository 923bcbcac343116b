/** @file The routes of rounds: create, read, follow, retry, cancel and finish. */
import { randomUUID } from "node:crypto";
import { GENERATION_PROMPT_LIMIT, GENERATION_PROMPT_PATTERN, type ParsedPrompt, parsePrompt } from "@pickapic/generation";
import { sql } from "kysely";
import { z } from "zod";
import { NewRound, Round } from "../api.ts";
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { streamState } from "../http/eventStream.ts";
import { once } from "../http/idempotency.ts";
import { IdempotencyHeader, IdParams, isUuid } from "../http/schemas.ts";
import { enterQueue, networkMark, orderImages } from "../jobs/queue.ts";
import { advanceLocked, planAdvance } from "./advance.ts";
import { cancelRound } from "./cancel.ts";
import type { RoundNews } from "./changes.ts";
import { notDrawn } from "./draws.ts";
import { finishRound } from "./finish.ts";
import { offeredPrompts } from "./offered.ts";
import { presentRound } from "./presenter.ts";
import { handOut, lockRound, newState, type RoundState, stateOf } from "./queries.ts";
import { ORDER_REFUSED, PROMPT_REFUSED, STREAM_REFUSED } from "./refused.ts";

const access = "consented";
const unknown = ["PICKAPIC_ROUND_UNKNOWN"] as const;
/** NewRound with the limits that parsePrompt checks, so that the API's description states them. */
const Prompt = NewRound.extend({
  prompt: NewRound.shape.prompt.meta({ minLength: 1, maxLength: GENERATION_PROMPT_LIMIT, pattern: GENERATION_PROMPT_PATTERN }),
}).meta({
  id: "NewRound",
  description: "A prompt, from which pairs of images are made.",
  examples: [{ prompt: "a red cat on a blue sofa [blurry]" }],
});
const tags = ["rounds"];

/** Registers the routes of rounds. */
export function roundRoutes(app: App, services: Services): void {
  const { db, settings, secret } = services;
  const present = (state: RoundState) => presentRound(state, settings.concurrency);

  const create = {
    tags,
    operationId: "createRound",
    summary: "Write a prompt",
    description:
      "Starts a round: two images are ordered, and the round is `ready` when they are there. Follow it at /api/rounds/{id}/events.",
    headers: IdempotencyHeader,
    body: Prompt,
    response: { 201: Round },
  };
  app.post(
    "/api/rounds",
    { config: { access, fails: [...PROMPT_REFUSED, "PICKAPIC_PROMPT_NOT_OFFERED", ...ORDER_REFUSED] }, schema: create },
    async (request, reply) => {
      const prompt = parsePrompt(request.body.prompt);
      refuseUnoffered(prompt, settings);
      if (!(await services.room.isEnough())) throw new ServerError("PICKAPIC_DISK_FULL");
      const person = personOf(request);
      const { status, body } = await once(db, request, person.id, async (tx) => {
        const resting = await enterQueue(tx, person.id, networkMark(request.ip, secret), settings);
        return { status: 201, body: present(await startRound(tx, person.id, prompt, settings, resting)) };
      });
      return reply.code(status as 201).send(body);
    },
  );

  const read = {
    tags,
    operationId: "getRound",
    summary: "A round as it is now",
    description: "State, progress, and the comparison that waits for an answer.",
    params: IdParams,
    response: { 200: Round },
  };
  app.get("/api/rounds/:id", { config: { access, fails: unknown }, schema: read }, async (request) =>
    present(await ownRound(services, request.params.id, personOf(request).id)),
  );

  const events = {
    tags,
    operationId: "followRound",
    summary: "Follow a round",
    description:
      "Server-sent events: the round as it is now, and again after each change; an image that makes no pair yet is told half a second later. The stream stays open until the client or the server ends it; a comment line comes every 15 s.",
    params: IdParams,
    response: {
      200: { description: "`data` of each event is a Round as JSON.", content: { "text/event-stream": { schema: z.string() } } },
    },
  };
  const streamFails = [...unknown, ...STREAM_REFUSED] as const;
  app.get("/api/rounds/:id/events", { config: { access, fails: streamFails }, schema: events }, async (request, reply) => {
    const person = personOf(request);
    // Notifications name a round as the database writes its id.
    const id = request.params.id.toLowerCase();
    const load = () => ownRound(services, id, person.id).then(present);
    const subscribe = (listener: (news: RoundNews) => void) => services.changes.on(id, listener);
    await streamState(request, reply, { person, streams: services.streams, load, subscribe });
  });

  waitingRoutes(app, services);
  finishRoute(app, services);
}

/** Registers what a person who waits for images can do: order the missing images again, or stop waiting. */
function waitingRoutes(app: App, services: Services): void {
  const { db, settings } = services;
  const present = (state: RoundState) => presentRound(state, settings.concurrency);

  const retry = {
    tags,
    operationId: "retryRound",
    summary: "Generate again",
    description: "After a failure, after the pictures expired, and after a cancel: orders the images that are missing.",
    params: IdParams,
    response: { 200: Round },
  };
  const retryFails = [...unknown, "PICKAPIC_ROUND_NOT_FAILED", "PICKAPIC_ROUND_FINISHED"] as const;
  app.post("/api/rounds/:id/retry", { config: { access, fails: retryFails }, schema: retry }, async (request) => {
    const { id } = (await ownRound(services, request.params.id, personOf(request).id)).round;
    return present(await db.transaction().execute((tx) => tryAgain(tx, id, services)));
  });

  const cancel = {
    tags,
    operationId: "cancelRound",
    summary: "Stop waiting",
    description: "Images that are not there yet are no longer made. POST /api/rounds/{id}/retry takes it back.",
    params: IdParams,
    response: { 200: Round },
  };
  app.post("/api/rounds/:id/cancel", { config: { access, fails: unknown }, schema: cancel }, async (request) => {
    const { id } = (await ownRound(services, request.params.id, personOf(request).id)).round;
    const state = await db.transaction().execute(async (tx) => {
      if (!(await lockRound(tx, id))) throw new ServerError("PICKAPIC_ROUND_UNKNOWN");
      return cancelRound(tx, id);
    });
    return present(state);
  });
}

/** Registers POST /api/rounds/:id/finish. It needs no consent, so that a person who has withdrawn it can still learn the generators. */
function finishRoute(app: App, services: Services): void {
  const finish = {
    tags,
    operationId: "finishRound",
    summary: "Finish a round for good",
    description:
      "It takes no more answers, none can be taken back, and the history names its generators. It works without a consent.",
    params: IdParams,
    response: { 200: Round },
  };
  app.post("/api/rounds/:id/finish", { config: { access: "user", fails: unknown }, schema: finish }, async (request) => {
    const { id } = (await ownRound(services, request.params.id, personOf(request).id)).round;
    const state = await services.db.transaction().execute((tx) => finishRound(tx, id));
    return presentRound(state, services.settings.concurrency);
  });
}

/**
 * Reads a round of this user to send it.
 * @throws ServerError PICKAPIC_ROUND_UNKNOWN, also for a round of another user
 */
async function ownRound({ db }: Services, id: string, userId: string): Promise<RoundState> {
  const state = isUuid(id) ? await handOut(db, id) : undefined;
  if (state?.round.user_id !== userId || state.round.best_of !== null) throw new ServerError("PICKAPIC_ROUND_UNKNOWN");
  return state;
}

/**
 * Refuses a prompt for which there are no two pictures, where all pictures were made earlier.
 * @throws ServerError PICKAPIC_PROMPT_NOT_OFFERED
 */
function refuseUnoffered({ prompt }: ParsedPrompt, { backends }: Services["settings"]): void {
  const prompts = offeredPrompts(backends);
  if (prompts && !prompts.has(prompt)) throw new ServerError("PICKAPIC_PROMPT_NOT_OFFERED", prompts.size);
}

/**
 * Inserts the round, orders its first images, and returns its state.
 * @param resting the models that rest, of which no image is ordered
 */
async function startRound(
  tx: Tx,
  user_id: string,
  parsed: ParsedPrompt,
  settings: Services["settings"],
  resting: readonly string[],
): Promise<RoundState> {
  const row = { id: randomUUID(), user_id, prompt: parsed.prompt, negative_prompt: parsed.negativePrompt };
  const not = await notDrawn(tx, row.id, settings, resting);
  const { orders, state } = planAdvance(newState(row), settings, 0, not);
  const { problem_code, problem_message } = state.round;
  const inserted = sql`
    insert into rounds (id, user_id, prompt, negative_prompt, problem_code, problem_message)
    values (${row.id}, ${user_id}, ${row.prompt}, ${row.negative_prompt}, ${problem_code}, ${problem_message}) returning id, user_id`;
  await orderImages(tx, inserted, orders);
  return stateOf(tx, row.id);
}

async function tryAgain(tx: Tx, id: string, { settings }: Services): Promise<RoundState> {
  const locked = await lockRound(tx, id);
  if (!locked || locked.problem_code === null) throw new ServerError("PICKAPIC_ROUND_NOT_FAILED");
  if (locked.finished_at !== null) throw new ServerError("PICKAPIC_ROUND_FINISHED");
  const { round, ...state } = await stateOf(tx, id);
  return advanceLocked(tx, { ...state, round: { ...round, problem_code: null, problem_message: null } }, settings);
}
