/** @file Rounds: a prompt, its progress, and another try when generation failed. */
import { randomUUID } from "node:crypto";
import { parsePrompt } from "@pickapic/generation";
import { NewRound, Round } from "../api.ts";
import type { Tx } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { once } from "../http/idempotency.ts";
import { failures, IdempotencyHeader, IdParams, isUuid } from "../http/schemas.ts";
import { enterQueue, networkMark } from "../jobs/queue.ts";
import { orderMissing, showNextPair } from "./advance.ts";
import { cancelRound } from "./cancel.ts";
import { streamRound } from "./events.ts";
import { presentRound } from "./presenter.ts";
import { findRound, lockRound, type RoundRow } from "./queries.ts";

const config = { access: "consented" } as const;
const tags = ["rounds"];

export function roundRoutes(app: App, services: Services): void {
  const { db, settings, secret } = services;
  const present = (round: RoundRow, tx = db) => presentRound(tx, round, settings.concurrency);

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
      const round = await insertRound(tx, person.id, prompt.prompt, prompt.negativePrompt);
      return { status: 201, body: await present(await orderMissing(tx, round, settings), tx) };
    });
    return reply.code(status as 201).send(body);
  });

  const read = { tags, params: IdParams, response: { 200: Round, ...failures } };
  app.get("/api/rounds/:id", { config, schema: read }, async (request) =>
    present(await ownRound(services, request.params.id, personOf(request).id)),
  );

  const events = { tags, summary: "Server-sent events; the data of each is a round", params: IdParams };
  app.get("/api/rounds/:id/events", { config, schema: events }, async (request, reply) => {
    const { id: owner } = personOf(request);
    const { id } = await ownRound(services, request.params.id, owner);
    const load = () => ownRound(services, id, owner).then((round) => present(round));
    streamRound(request, reply, { owner, limits: settings, load, subscribe: (listener) => services.changes.on(id, listener) });
  });

  const retry = { tags, summary: "Generate again after a failure", params: IdParams, response: { 200: Round, ...failures } };
  app.post("/api/rounds/:id/retry", { config, schema: retry }, async (request) => {
    const { id } = await ownRound(services, request.params.id, personOf(request).id);
    return db.transaction().execute(async (tx) => present(await tryAgain(tx, id, services), tx));
  });

  const cancel = {
    tags,
    summary: "Stop waiting: images that are not there yet are no longer made; retry takes it back",
    params: IdParams,
    response: { 200: Round, ...failures },
  };
  app.post("/api/rounds/:id/cancel", { config, schema: cancel }, async (request) => {
    const { id } = await ownRound(services, request.params.id, personOf(request).id);
    return db.transaction().execute(async (tx) => {
      const round = await lockRound(tx, id);
      if (!round) throw new ServerError("PICKAPIC_ROUND_UNKNOWN");
      return present(await cancelRound(tx, round), tx);
    });
  });
}

/** @throws ServerError PICKAPIC_ROUND_UNKNOWN, also for a round of somebody else. */
async function ownRound({ db }: Services, id: string, userId: string): Promise<RoundRow> {
  const round = isUuid(id) ? await findRound(db, id, userId) : undefined;
  if (!round) throw new ServerError("PICKAPIC_ROUND_UNKNOWN");
  return round;
}

function insertRound(tx: Tx, user_id: string, prompt: string, negative_prompt: string): Promise<RoundRow> {
  const row = { id: randomUUID(), user_id, prompt, negative_prompt };
  return tx.insertInto("rounds").values(row).returningAll().executeTakeFirstOrThrow();
}

async function tryAgain(tx: Tx, id: string, { settings }: Services): Promise<RoundRow> {
  const round = await lockRound(tx, id);
  if (!round || round.problem_code === null) throw new ServerError("PICKAPIC_ROUND_NOT_FAILED");
  await tx.updateTable("rounds").set({ problem_code: null, problem_message: null }).where("id", "=", id).execute();
  const cleared = await showNextPair(tx, { ...round, problem_code: null, problem_message: null }, settings);
  return orderMissing(tx, cleared, settings);
}
