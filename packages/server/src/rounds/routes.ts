/** @file Rounds: a prompt, its progress, and another try when generation failed. */
import { randomUUID } from "node:crypto";
import { type ParsedPrompt, parsePrompt } from "@pickapic/generation";
import { NewRound, Round } from "../api.ts";
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { once } from "../http/idempotency.ts";
import { failures, IdempotencyHeader, IdParams, isUuid } from "../http/schemas.ts";
import { enterQueue, networkMark, orderImages } from "../jobs/queue.ts";
import { advanceLocked, planAdvance } from "./advance.ts";
import { cancelRound } from "./cancel.ts";
import { streamRound } from "./events.ts";
import { finishRound } from "./finish.ts";
import { presentRound } from "./presenter.ts";
import { handOut, lockRound, newState, type RoundState, stateOf } from "./queries.ts";

const config = { access: "consented" } as const;
const tags = ["rounds"];

export function roundRoutes(app: App, services: Services): void {
  const { db, settings, secret } = services;
  const present = (state: RoundState) => presentRound(state, settings.concurrency);

  const create = {
    tags,
    summary: "Write a prompt",
    headers: IdempotencyHeader,
    body: NewRound,
    response: { 201: Round, ...failures },
  };
  app.post("/api/rounds", { config, schema: create }, async (request, reply) => {
    const prompt = parsePrompt(request.body.prompt);
    if (!(await services.room.isEnough())) throw new ServerError("PICKAPIC_DISK_FULL");
    const person = personOf(request);
    const { status, body } = await once(db, request, person.id, async (tx) => {
      await enterQueue(tx, person.id, networkMark(request.ip, secret), settings);
      return { status: 201, body: present(await startRound(tx, person.id, prompt, services)) };
    });
    return reply.code(status as 201).send(body);
  });

  const read = { tags, params: IdParams, response: { 200: Round, ...failures } };
  app.get("/api/rounds/:id", { config, schema: read }, async (request) =>
    present(await ownRound(services, request.params.id, personOf(request).id)),
  );

  const events = { tags, summary: "Server-sent events; the data of each is a round", params: IdParams };
  app.get("/api/rounds/:id/events", { config, schema: events }, async (request, reply) => {
    const person = personOf(request);
    const { id } = (await ownRound(services, request.params.id, person.id)).round;
    const load = () => ownRound(services, id, person.id).then(present);
    const subscribe = (listener: () => void) => services.changes.on(id, listener);
    streamRound(request, reply, { person, streams: services.streams, load, subscribe });
  });

  const retry = { tags, summary: "Generate again after a failure", params: IdParams, response: { 200: Round, ...failures } };
  app.post("/api/rounds/:id/retry", { config, schema: retry }, async (request) => {
    const { id } = (await ownRound(services, request.params.id, personOf(request).id)).round;
    return present(await db.transaction().execute((tx) => tryAgain(tx, id, services)));
  });

  const cancel = {
    tags,
    summary: "Stop waiting: images that are not there yet are no longer made; retry takes it back",
    params: IdParams,
    response: { 200: Round, ...failures },
  };
  app.post("/api/rounds/:id/cancel", { config, schema: cancel }, async (request) => {
    const { id } = (await ownRound(services, request.params.id, personOf(request).id)).round;
    const state = await db.transaction().execute(async (tx) => {
      if (!(await lockRound(tx, id))) throw new ServerError("PICKAPIC_ROUND_UNKNOWN");
      return cancelRound(tx, id);
    });
    return present(state);
  });

  finishRoute(app, services);
}

/** POST /api/rounds/:id/finish: works without a consent, so that who withdrew it can still learn the generators. */
function finishRoute(app: App, services: Services): void {
  const finish = {
    tags,
    summary: "Finish a round for good: it takes no more answers, none can be taken back, and the history names its generators",
    params: IdParams,
    response: { 200: Round, ...failures },
  };
  app.post("/api/rounds/:id/finish", { config: { access: "user" }, schema: finish }, async (request) => {
    const { id } = (await ownRound(services, request.params.id, personOf(request).id)).round;
    const state = await services.db.transaction().execute((tx) => finishRound(tx, id));
    return presentRound(state, services.settings.concurrency);
  });
}

/** @throws ServerError PICKAPIC_ROUND_UNKNOWN, also for a round of somebody else. */
async function ownRound({ db }: Services, id: string, userId: string): Promise<RoundState> {
  const state = isUuid(id) ? await handOut(db, id) : undefined;
  if (state?.round.user_id !== userId) throw new ServerError("PICKAPIC_ROUND_UNKNOWN");
  return state;
}

/** The row of the round, and its first orders. */
async function startRound(tx: Tx, user_id: string, parsed: ParsedPrompt, { settings }: Services): Promise<RoundState> {
  const row = { id: randomUUID(), user_id, prompt: parsed.prompt, negative_prompt: parsed.negativePrompt };
  await tx.insertInto("rounds").values(row).execute();
  const { orders } = planAdvance(newState(row), settings, 0);
  await orderImages(tx, row, orders);
  return stateOf(tx, row.id);
}

async function tryAgain(tx: Tx, id: string, { settings }: Services): Promise<RoundState> {
  const locked = await lockRound(tx, id);
  if (!locked || locked.problem_code === null) throw new ServerError("PICKAPIC_ROUND_NOT_FAILED");
  if (locked.finished_at !== null) throw new ServerError("PICKAPIC_ROUND_FINISHED");
  const { round, ...state } = await stateOf(tx, id);
  return advanceLocked(tx, { ...state, round: { ...round, problem_code: null, problem_message: null } }, settings);
}
