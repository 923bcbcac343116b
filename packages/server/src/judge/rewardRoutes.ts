/** @file The reward servers of training by reinforcement, and SwarmUI's scorer. Their errors have their clients' shapes. */
import {
  ComputeReply,
  ComputeRequest,
  DoScoreReply,
  DoScoreRequest,
  RewardQuery,
  readCompute,
  readDoScore,
  readRewardPickle,
  writeCompute,
  writeDoScore,
  writeRewardError,
  writeRewardPickle,
} from "@pickapic/judge";
import type { FastifyReply } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { App } from "../http/app.ts";
import { refusalFor } from "../http/failures.ts";
import { askJudge } from "./asking.ts";
import { readQuestion } from "./bodies.ts";
import { CALLER_CONFIG, SCALED } from "./policy.ts";
import { type JudgeService, QUESTION_LIMIT } from "./service.ts";

const PICKLE = "application/octet-stream";
const OPEN = { access: "public", rateLimit: false, needsDatabase: false } as const;
const bodyLimit = QUESTION_LIMIT;

/**
 * Registers the reward servers.
 * @param root whether POST / takes pickles too, which flow_grpo sends there
 */
export async function rewardRoutes(app: App, service: JudgeService, root: boolean): Promise<void> {
  flowFactoryRoutes(app, service);
  swarmRoutes(app, service);
  await app.register(async (encapsulated) => {
    const scope = encapsulated.withTypeProvider<ZodTypeProvider>();
    pickleRoute(scope, service, "/reward", false);
    if (root) pickleRoute(scope, service, "/", true);
  });
}

/** A route that takes a pickle and replies with one, whatever its Content-Type says: flow_grpo sends none. */
function pickleRoute(app: App, service: JudgeService, url: string, hide: boolean): void {
  if (!app.hasContentTypeParser("*")) {
    app.removeAllContentTypeParsers();
    app.addContentTypeParser("*", readQuestion);
  }
  const schema = {
    tags: ["judge"],
    operationId: "reward",
    summary: "Rewards for flow_grpo and verl-omni",
    description:
      "Takes a pickle of `{images: [JPEG bytes], prompts: [texts]}` and replies with a pickle of `{scores, outputs}`. Pickles are read as plain data: nothing in them is executed. An error is a pickle of `{error}`.",
    querystring: RewardQuery,
    response: { 200: { description: "A pickle.", content: { [PICKLE]: { schema: z.unknown() } } } },
  };
  const config = { ...CALLER_CONFIG, fails: [...SCALED, "PICKAPIC_JUDGE_PICKLE"] as const };
  app.post(
    url,
    {
      bodyLimit,
      config,
      schema: hide ? { hide, querystring: RewardQuery } : schema,
      errorHandler: (error, request, reply) => {
        const { status, message } = refusalFor(error, request);
        sendPickle(reply.code(status), writeRewardError(message));
      },
    },
    async (request, reply) => {
      const { scale } = request.query;
      const body = request.body instanceof Uint8Array ? request.body : new Uint8Array();
      const pairs = readRewardPickle(body, scale, service.judge.facts);
      return sendPickle(reply, writeRewardPickle(await askJudge(pairs, service, request, reply), scale));
    },
  );
}

function sendPickle(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply.type(PICKLE).send(Buffer.from(bytes));
}

function flowFactoryRoutes(app: App, service: JudgeService): void {
  const health = {
    tags: ["judge"],
    operationId: "getRewardHealth",
    summary: "Flow-Factory's check of a reward server",
    description: "Its client asks before the training starts.",
    response: { 200: z.object({ status: z.literal("ok") }).describe("It answers.") },
  };
  app.get("/health", { config: OPEN, schema: health }, async () => ({ status: "ok" as const }));
  const compute = {
    tags: ["judge"],
    operationId: "computeRewards",
    summary: "Rewards for Flow-Factory",
    description: "The shape of its remote reward models: prompts, and images in base64.",
    querystring: RewardQuery,
    body: ComputeRequest,
    response: { 200: ComputeReply },
  };
  app.post("/compute", { bodyLimit, config: { ...CALLER_CONFIG, fails: SCALED }, schema: compute }, async (request, reply) => {
    const { scale } = request.query;
    const pairs = readCompute(request.body, scale, service.judge.facts);
    return writeCompute(await askJudge(pairs, service, request, reply), scale);
  });
}

function swarmRoutes(app: App, service: JudgeService): void {
  const ping = {
    tags: ["judge"],
    operationId: "pingScorer",
    summary: "SwarmUI's check of a scorer",
    description: "Its extension asks until the scorer answers.",
    response: { 200: z.object({ result: z.literal("success") }).describe("It answers.") },
  };
  app.post("/API/Ping", { config: OPEN, schema: ping }, async () => ({ result: "success" as const }));
  const score = {
    tags: ["judge"],
    operationId: "doScore",
    summary: "One score for SwarmUI",
    description:
      "The shape of its scorers extension: one image in base64, a result of 0...1. An error has the status 200, as there.",
    body: DoScoreRequest,
    response: { 200: DoScoreReply },
  };
  app.post(
    "/API/DoScore",
    {
      bodyLimit,
      config: { ...CALLER_CONFIG, fails: SCALED },
      schema: score,
      errorHandler: (error, request, reply) => {
        const { message } = refusalFor(error, request);
        reply.code(200).send({ error: message, log: message });
      },
    },
    async (request, reply) => writeDoScore(await askJudge(readDoScore(request.body), service, request, reply)),
  );
}
