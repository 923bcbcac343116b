/** @file The routes of the judge. Each reads its client's shape with a codec, asks the judge, and writes the reply with the codec. */
import {
  CalibrationInput,
  calibrationSentence,
  MOST_IMAGES,
  RankReply,
  RankRequest,
  readRank,
  readScore,
  SCALES,
  ScaleQuery,
  ScoreReply,
  ScoreRequest,
  withScale,
  writeRank,
  writeScore,
} from "@pickapic/judge";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { App } from "../http/app.ts";
import { askJudge } from "./asking.ts";
import { parseQuestions } from "./bodies.ts";
import { admitOperator } from "./callers.ts";
import { decisionRoutes } from "./decisionRoutes.ts";
import { CALLER_CONFIG, SCALED } from "./policy.ts";
import { rewardRoutes } from "./rewardRoutes.ts";
import { type JudgeService, QUESTION_LIMIT } from "./service.ts";

const JudgeAbout = z
  .object({
    scorer: z.string(),
    identity: z.string().describe("What must be equal for scores to be equal."),
    calibration: z
      .object({
        temperature: z.number(),
        bias: z.number(),
        votesFitted: z.int(),
        votesMeasured: z.int(),
        error: z.number().describe("Expected calibration error on votes that were not fitted, 0...1."),
        errorBefore: z.number().describe("The same without calibration."),
      })
      .nullable()
      .describe("null: the probabilities are uncalibrated."),
    about: z.string().describe("How far the probabilities can be trusted, in a sentence."),
    scales: z.array(z.enum(SCALES)).describe("Those that this judge can tell."),
    limits: z.object({ imagesPerQuestion: z.int(), bodyBytes: z.int() }),
    waitingImages: z.int().nonnegative(),
  })
  .meta({ id: "JudgeAbout", description: "What judges here." });

const SwapRequest = z
  .strictObject({
    scorer: z.string().min(1).max(1_000).describe("Any name that `pickapic score --scorer` takes."),
    calibration: CalibrationInput.nullish().describe("That of this scorer. Without it the probabilities are uncalibrated."),
  })
  .meta({ id: "JudgeSwap", description: "The scorer that is to judge from now on." });

const SWAP_FAILS = [
  "PICKAPIC_JUDGE_OPERATOR",
  "PICKAPIC_JUDGE_SWAPPING",
  "PICKAPIC_JUDGE_SWAP",
  "PICKAPIC_JUDGE_CALIBRATION_OTHER",
] as const;

/**
 * Registers the routes of the judge.
 * @param root whether POST / belongs to the judge, as it does where there are no pages
 */
export async function judgeRoutes(app: App, service: JudgeService, root: boolean): Promise<void> {
  app.get(
    "/api/judge",
    {
      config: CALLER_CONFIG,
      schema: {
        tags: ["judge"],
        operationId: "getJudge",
        summary: "What judges here",
        description: "The scorer, how far its probabilities can be trusted, and the limits.",
        response: { 200: JudgeAbout },
      },
    },
    () => aboutJudge(service),
  );
  app.post(
    "/api/judge/swap",
    {
      config: { ...CALLER_CONFIG, fails: SWAP_FAILS },
      schema: {
        tags: ["judge"],
        operationId: "swapScorer",
        summary: "Exchange the scorer without losing a question",
        description:
          "For operators. The reply comes when the new scorer has been loaded and has taken over; questions that arrived before are answered by the old one. When it cannot be loaded, the old one goes on.",
        body: SwapRequest,
        response: { 200: JudgeAbout },
      },
    },
    async (request) => {
      await admitOperator(request, service);
      await service.judge.swap(request.body.scorer, request.body.calibration ?? null);
      return aboutJudge(service);
    },
  );
  await app.register(async (encapsulated) => {
    const scope = encapsulated.withTypeProvider<ZodTypeProvider>();
    scope.addHook("onError", async ({ routeOptions }, _reply, error) =>
      service.metrics.onRefusal(routeOptions.url ?? "unknown", error.code ?? "none"),
    );
    ownRoutes(scope, service);
    decisionRoutes(scope, service);
    await rewardRoutes(scope, service, root);
  });
}

function aboutJudge({ judge: { facts, waiting } }: JudgeService): z.infer<typeof JudgeAbout> {
  const { scorer, identity, calibration } = facts;
  return {
    scorer,
    identity,
    calibration,
    about: calibrationSentence(calibration),
    scales: calibration ? [...SCALES] : ["raw", "unit"],
    limits: { imagesPerQuestion: MOST_IMAGES, bodyBytes: QUESTION_LIMIT },
    waitingImages: waiting,
  };
}

function ownRoutes(app: App, service: JudgeService): void {
  parseQuestions(app);
  const bodyLimit = QUESTION_LIMIT;
  app.post(
    "/api/rank",
    {
      bodyLimit,
      config: { ...CALLER_CONFIG, fails: SCALED },
      schema: {
        tags: ["judge"],
        operationId: "rankImages",
        summary: "Which of these images is the best?",
        description:
          "Ranks images of a prompt, best first, each with the probability that a person prefers it among all. As JSON, or as a multipart form with the field prompt and the images as files.",
        querystring: ScaleQuery,
        body: RankRequest,
        response: { 200: RankReply },
      },
    },
    async (request, reply) => {
      const asked = withScale(request.body, request.query);
      const question = readRank(asked, service.judge.facts);
      return writeRank(asked, question, await askJudge(question.pairs, service, request, reply));
    },
  );
  app.post(
    "/api/score",
    {
      bodyLimit,
      config: { ...CALLER_CONFIG, fails: SCALED },
      schema: {
        tags: ["judge"],
        operationId: "scoreImages",
        summary: "How good is each image?",
        description: "Scores each image alone, on one of four scales. As JSON, or as a multipart form.",
        querystring: ScaleQuery,
        body: ScoreRequest,
        response: { 200: ScoreReply },
      },
    },
    async (request, reply) => {
      const asked = withScale(request.body, request.query);
      const pairs = readScore(asked, service.judge.facts);
      return writeScore(asked, await askJudge(pairs, service, request, reply));
    },
  );
}
