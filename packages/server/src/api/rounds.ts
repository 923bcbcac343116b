/** @file Rounds of a prompt: their comparisons, and the answers to them. */
import { z } from "zod";
import { recordUpTo, textUpTo } from "./text.ts";

/**
 * Default of the setting `fastestAnswerMs`: an answer that comes sooner after both images were painted was given without looking. Below
 * 313 ms people choose between two pictures no better than by chance (Milosavljevic, Koch, Rangel 2011).
 */
export const FASTEST_ANSWER_MS = 300;

/** Checks the choice in the body of POST /api/comparisons/:id/answer. */
export const Choice = z
  .enum(["left", "right", "tie"])
  .meta({ id: "Choice", description: "What a person says about the two images that they see." });
/** What a person says about the two images on screen. */
export type Choice = z.infer<typeof Choice>;

/** Checks an image of a comparison that has no answer yet; it may name no model. */
export const ShownImage = z
  .object({
    url: z.string().describe("/api/images/<random id>: says nothing about the generator."),
    width: z.int().positive(),
    height: z.int().positive(),
  })
  .meta({ id: "ShownImage", description: "An image as shown before the answer." });
/** An image as shown before the answer. */
export type ShownImage = z.infer<typeof ShownImage>;

/** Checks the comparison of a round. */
export const Comparison = z
  .object({ id: z.uuid(), left: ShownImage, right: ShownImage })
  .meta({ id: "Comparison", description: "Two images beside each other, waiting for one answer." });
/** Two images side by side that wait for one answer. */
export type Comparison = z.infer<typeof Comparison>;

/** Checks how far the images of the next comparison are. */
export const RoundProgress = z
  .object({
    done: z.int().nonnegative().describe("Images that are there."),
    total: z.int().positive().describe("Images that the next comparison needs."),
    fraction: z.number().min(0).max(1).describe("0...1, over all the images that are needed."),
    etaMs: z
      .number()
      .nonnegative()
      .nullable()
      .describe("Estimated time until the comparison is there, in ms; null when nothing was measured yet."),
    queuePosition: z.int().nonnegative().describe("How many images of others are ahead in the queue."),
  })
  .meta({ id: "RoundProgress", description: "How far the images of the next comparison are." });
/** How far the images of the next comparison are. */
export type RoundProgress = z.infer<typeof RoundProgress>;

/** Checks why a round does not go on. */
export const Problem = z
  .object({ code: z.string(), message: z.string() })
  .meta({ id: "Problem", description: "Why a round stands still; the message is for the person." });
/** Why a round does not go on. The message is meant for the person. */
export type Problem = z.infer<typeof Problem>;

/** Checks a round, which every route below /api/rounds replies with. */
export const Round = z
  .object({
    id: z.uuid(),
    prompt: z.string(),
    negativePrompt: z.string(),
    state: z
      .enum(["generating", "ready", "failed"])
      .describe('"failed": generation gave up after its retries; `problem` says why and POST /api/rounds/:id/retry tries again.'),
    comparison: Comparison.nullable(),
    problem: Problem.nullable(),
    progress: RoundProgress,
    answers: z.int().nonnegative().describe("Answers that count, given in this round so far."),
    lastRanking: z
      .int()
      .positive()
      .nullable()
      .describe("The last answer that was not taken back, which DELETE /api/rankings/:id takes back; null: none yet."),
    upcoming: z
      .array(ShownImage)
      .describe("Images that are prepared for later pairs, the next one first: a page may load them before they are wanted."),
    warnings: z
      .array(z.string())
      .describe(
        "What the generators did not follow in this round (a negative prompt, unknown words), one sentence each, to show beside the pictures. A sentence that names a model is left out: the answer is blind. Empty while no comparison is open.",
      ),
  })
  .meta({ id: "Round", description: "A prompt and the comparisons that follow from it." });
/** A prompt and its comparisons. */
export type Round = z.infer<typeof Round>;

/**
 * The negativePrompt of a round whose person wrote none: the same text as in @pickapic/generation, which this file must not
 * import. Pages show a negative prompt only when it differs.
 */
export const DEFAULT_NEGATIVE_PROMPT = "white border, wall view, ugly, deformed, noisy, blurry, distorted, grainy";

/** Checks the body of POST /api/rounds. */
export const NewRound = z.object({
  prompt: z
    .string()
    .describe(
      "What the picture should show, up to 1,000 characters. The first part in [square brackets] says what it should not show. Marks in angle brackets, which some image generators read as commands, are refused.",
    ),
});
/** A prompt for which images are generated. */
export type NewRound = z.infer<typeof NewRound>;

/** A parameter of a simulated person. The bounds keep the largest description below the size limit of a request. */
const Parameter = z.union([
  z.number().min(Number.MIN_SAFE_INTEGER).max(Number.MAX_SAFE_INTEGER),
  z.boolean(),
  z.null(),
  textUpTo(40),
]);

/** Checks the body of an answer to a comparison. */
export const Answer = z
  .object({
    choice: Choice,
    elapsedMs: z
      .int()
      .min(0)
      .describe(
        "From both images on screen to the choice, in ms. The time since the server handed the comparison out is taken when that is shorter. An answer that is faster than `fastestAnswerMs` of /api/me is kept, and counts in nothing.",
      ),
    simulated: recordUpTo(20, z.union([Parameter, recordUpTo(12, Parameter)]))
      .optional()
      .describe(
        "Parameters and seed of a simulated person, published with the answer. Accepted only with the operator's bearer token; an answer without it counts as a person's.",
      ),
  })
  .meta({
    id: "Answer",
    description: "What a person says about a comparison.",
    examples: [{ choice: "left", elapsedMs: 2400 }],
  });
/** What a person says about a comparison. */
export type Answer = z.infer<typeof Answer>;

/** Checks the reply to an answer. */
export const AnswerReply = z
  .object({ ranking: z.int().positive(), karma: z.int(), round: Round })
  .meta({ id: "AnswerReply", description: "Sent after the answer is committed, never before." });
/** Sent after the answer is committed, never before. */
export type AnswerReply = z.infer<typeof AnswerReply>;
