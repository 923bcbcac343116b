/** @file The routes that answer questions in words: /v1/decisions, /v1/systemone, and the list of models that clients ask for first. */
import {
  answersOf,
  DecisionReply,
  DecisionRequest,
  type Inquiry,
  pairsOf,
  readDecisions,
  readSystemOne,
  SystemOneReply,
  SystemOneRequest,
  writeDecisions,
  writeSystemOne,
} from "@pickapic/judge";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { App } from "../http/app.ts";
import { askJudge } from "./asking.ts";
import { ASKING, CALLER_CONFIG } from "./policy.ts";
import { type JudgeService, QUESTION_LIMIT } from "./service.ts";

const Models = z
  .object({
    object: z.literal("list"),
    data: z.array(z.object({ id: z.string(), object: z.literal("model"), created: z.int(), owned_by: z.string() })),
  })
  .meta({ id: "JudgeModels", description: "The one scorer of this judge." });

/** Registers the routes of questions in words. */
export function decisionRoutes(app: App, service: JudgeService): void {
  const bodyLimit = QUESTION_LIMIT;
  const config = { ...CALLER_CONFIG, fails: ASKING };
  const decisions = {
    tags: ["judge"],
    operationId: "createDecision",
    summary: "Questions in the shape of OpenAI's client",
    description:
      "`decisions.create` of the npm package openai: which image is preferred is answered; what a scorer cannot know is refused in the same shape.",
    body: DecisionRequest,
    response: { 200: DecisionReply },
  };
  app.post("/v1/decisions", { bodyLimit, config, schema: decisions }, async (request, reply) => {
    const { answers, facts } = await answer(readDecisions(request.body), service, request, reply);
    return writeDecisions(request.body, answers, facts);
  });
  const systemOne = {
    tags: ["judge"],
    operationId: "createSystemOne",
    summary: "Questions in the shape of System One",
    description: "The shape that SGLang and vLLM serve: a state, images, and named questions.",
    body: SystemOneRequest,
    response: { 200: SystemOneReply },
  };
  app.post("/v1/systemone", { bodyLimit, config, schema: systemOne }, async (request, reply) => {
    const { answers, facts } = await answer(readSystemOne(request.body), service, request, reply);
    return writeSystemOne(request.body, answers, facts);
  });
  const models = {
    tags: ["judge"],
    operationId: "listJudgeModels",
    summary: "The scorer in the shape of OpenAI's list of models",
    description: "Clients ask for it to show what they may choose.",
    response: { 200: Models },
  };
  app.get("/v1/models", { config: CALLER_CONFIG, schema: models }, async () => ({
    object: "list" as const,
    data: [{ id: service.judge.facts.scorer, object: "model" as const, created: 0, owned_by: "pick-a-pic" }],
  }));
}

async function answer(inquiries: readonly Inquiry[], service: JudgeService, request: FastifyRequest, reply: FastifyReply) {
  const judged = await askJudge(pairsOf(inquiries), service, request, reply);
  return { answers: answersOf(inquiries, judged), facts: judged.facts };
}
