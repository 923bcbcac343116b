/** @file The routes of the best-of-n page: what it offers, start, read, follow and stop. */
import { GENERATION_PROMPT_LIMIT, GENERATION_PROMPT_PATTERN, parsePrompt } from "@pickapic/generation";
import { z } from "zod";
import { BestOf, BestOfOffer, NewBestOf } from "../api.ts";
import { ServerError } from "../errors.ts";
import { personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { streamState } from "../http/eventStream.ts";
import { once } from "../http/idempotency.ts";
import { IdempotencyHeader, IdParams, isUuid } from "../http/schemas.ts";
import { enterQueue, networkMark } from "../jobs/queue.ts";
import type { RoundNews } from "../rounds/changes.ts";
import { ORDER_REFUSED, PROMPT_REFUSED, STREAM_REFUSED } from "../rounds/refused.ts";
import { offeredModels, startBestOf, stopBestOf, stopLatest } from "./start.ts";
import { bestOfById, latestBestOf } from "./state.ts";

const access = "consented";
const tags = ["best of n"];
const unknown = ["PICKAPIC_BEST_OF_UNKNOWN"] as const;

/** NewBestOf with the limits that parsePrompt checks, so that the API's description states them. */
const Wanted = NewBestOf.extend({
  prompt: NewBestOf.shape.prompt.meta({ minLength: 1, maxLength: GENERATION_PROMPT_LIMIT, pattern: GENERATION_PROMPT_PATTERN }),
}).meta({ id: "NewBestOf" });

/** Registers the routes below /api/best-of. */
export function bestOfRoutes(app: App, services: Services): void {
  const { db, settings, secret } = services;

  const offer = {
    tags,
    operationId: "getBestOfOffer",
    summary: "What the best-of-n page offers",
    description: "The scorer, the models, and the person's last one.",
    response: { 200: BestOfOffer },
  };
  app.get("/api/best-of", { config: { access }, schema: offer }, async (request): Promise<BestOfOffer> => {
    const models = offeredModels(settings).map(({ model: { name, title = name } }) => ({ name, title }));
    return { scorer: scorerOf(services), models, latest: (await latestBestOf(db, personOf(request).id)) ?? null };
  });

  const start = {
    tags,
    operationId: "startBestOf",
    summary: "Find the best of n images of a prompt",
    description:
      "Orders n images of one model, which are scored as they come; follow it at /api/best-of/{id}/events. They are made after the images of pairs, enter neither the history nor the dataset, and are deleted after a day. The one before of the person is stopped.",
    headers: IdempotencyHeader,
    body: Wanted,
    response: { 201: BestOf },
  };
  const fails = [
    ...PROMPT_REFUSED,
    ...ORDER_REFUSED,
    "PICKAPIC_BEST_OF_SCORER",
    "PICKAPIC_MODEL_UNKNOWN",
    "PICKAPIC_MODEL_SPENT",
    "PICKAPIC_MODELS_NONE",
  ] as const;
  app.post("/api/best-of", { config: { access, fails }, schema: start }, async (request, reply) => {
    const { n, model, prompt: words } = request.body;
    const prompt = parsePrompt(words);
    if (scorerOf(services) === null) throw new ServerError("PICKAPIC_BEST_OF_SCORER");
    if (!(await services.room.isEnough())) throw new ServerError("PICKAPIC_DISK_FULL");
    const { id: userId } = personOf(request);
    const { body } = await once(db, request, userId, async (tx) => {
      await stopLatest(tx, userId);
      await enterQueue(tx, userId, networkMark(request.ip, secret), settings, "aside");
      return { status: 201, body: await startBestOf(tx, { userId, prompt, n, model }, settings) };
    });
    return reply.code(201).send(body);
  });

  followRoutes(app, services);
}

/** Registers what a person can do with a best of n that was started. */
function followRoutes(app: App, services: Services): void {
  const { db, streams, changes } = services;
  const own = async (id: string, userId: string): Promise<BestOf> => {
    const found = isUuid(id) ? await bestOfById(db, userId, id) : undefined;
    if (!found) throw new ServerError("PICKAPIC_BEST_OF_UNKNOWN");
    return found;
  };

  const read = {
    tags,
    operationId: "getBestOf",
    summary: "A best of n as it is now",
    description: "The images that are there, best first, each with its score and its settings.",
    params: IdParams,
    response: { 200: BestOf },
  };
  app.get("/api/best-of/:id", { config: { access, fails: unknown }, schema: read }, (request) =>
    own(request.params.id, personOf(request).id),
  );

  const events = {
    tags,
    operationId: "followBestOf",
    summary: "Follow a best of n",
    description: "Server-sent events: the best of n as it is now, and again after each change, as /api/rounds/{id}/events.",
    params: IdParams,
    response: {
      200: { description: "`data` of each event is a BestOf as JSON.", content: { "text/event-stream": { schema: z.string() } } },
    },
  };
  const streamFails = [...unknown, ...STREAM_REFUSED] as const;
  app.get("/api/best-of/:id/events", { config: { access, fails: streamFails }, schema: events }, async (request, reply) => {
    const person = personOf(request);
    // Notifications name a round as the database writes its id.
    const id = request.params.id.toLowerCase();
    const subscribe = (listener: (news: RoundNews) => void) => changes.on(id, listener);
    await streamState(request, reply, { person, streams, load: () => own(id, person.id), subscribe });
  });

  const stop = {
    tags,
    operationId: "stopBestOf",
    summary: "Stop early",
    description: "Images that are not there yet are no longer made; those that are there stay.",
    params: IdParams,
    response: { 200: BestOf },
  };
  app.post("/api/best-of/:id/stop", { config: { access, fails: unknown }, schema: stop }, async (request) => {
    const { id: userId } = personOf(request);
    const { id } = await own(request.params.id, userId);
    await db.transaction().execute((tx) => stopBestOf(tx, id));
    return own(id, userId);
  });
}

/** The name of the scorer; null when there is none. The path of a folder is left out, because it tells about the machine. */
function scorerOf({ judge }: Services): string | null {
  return judge?.judge.facts.scorer.split(/[\\/]/).at(-1) ?? null;
}
