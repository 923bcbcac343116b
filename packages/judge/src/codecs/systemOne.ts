/** @file The shape of /v1/systemone, which SGLang, vLLM and others serve: a state, images, and named questions of the types noul, choice and score. */
import { itemAt } from "@pickapic/errors";
import { z } from "zod";
import type { JudgedImages } from "../core/judged.ts";
import { ImageText, imageOfText } from "../images/asked.ts";
import { confidenceOf, type JudgeAnswer, largestOf, meanLevel } from "../questions/answer.ts";
import { evidenceOf, type Piece, pieceOfData } from "../questions/evidence.ts";
import type { Inquiry } from "../questions/inquiry.ts";
import { isUnderstood, type Meaning, meaningOfChoice, meaningOfPredicate, meaningOfScore } from "../questions/meaning.ts";

const MOST_QUESTIONS = 400;
const LONGEST_TEXT = 100_000;

const text = z.string().max(LONGEST_TEXT);
const instructions = z.unknown().describe("A text. Other content is read, but its question is refused.");

const Question = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("noul"),
    instructions,
    criteria: z.looseObject({ true: text.nullish(), false: text.nullish() }).nullish(),
  }),
  z.looseObject({
    type: z.literal("choice"),
    instructions,
    criteria: z
      .record(text, z.unknown())
      .refine((options) => Object.keys(options).length >= 2 && Object.keys(options).length <= 255, {
        error: "expected 2 to 255 options",
      }),
  }),
  z.looseObject({ type: z.literal("score"), instructions, criteria: z.array(text).min(2).max(100) }),
]);
type Question = z.infer<typeof Question>;

/** The body of POST /v1/systemone. */
export const SystemOneRequest = z
  .looseObject({
    model: z.string().optional().describe("Any: this judge has one scorer, and the reply names it."),
    state: z.unknown().describe('The prompt: a text, a list of texts, or {"prompt": ...}.'),
    images: z.array(ImageText).max(128).optional().describe("base64, data URLs, or addresses of allowed hosts."),
    questions: z.record(z.string().max(1_000), Question).refine((questions) => Object.keys(questions).length <= MOST_QUESTIONS, {
      error: `expected at most ${MOST_QUESTIONS} questions`,
    }),
  })
  .meta({ id: "SystemOneRequest", description: "The body of /v1/systemone." });
/** A request to /v1/systemone. */
export type SystemOneRequest = z.infer<typeof SystemOneRequest>;

const probability = z.number().min(0).max(1);
const SystemOneAnswer = z.discriminatedUnion("type", [
  z.object({ type: z.literal("noul"), noul: probability }),
  z.object({
    type: z.literal("choice"),
    choice: z.string(),
    confidence: probability,
    probabilities: z.record(z.string(), probability),
  }),
  z.object({
    type: z.literal("score"),
    score: z.number(),
    confidence: probability,
    probabilities: z.record(z.string(), probability),
    legend: z.record(z.string(), z.string()),
  }),
  z.object({ type: z.literal("refusal") }),
]);
type SystemOneAnswer = z.infer<typeof SystemOneAnswer>;

/** The reply of POST /v1/systemone. */
export const SystemOneReply = z
  .object({
    model: z.string(),
    answers: z.record(z.string(), SystemOneAnswer),
    usage: z.object({ input_tokens: z.int(), output_tokens: z.int() }),
  })
  .meta({ id: "SystemOneReply", description: "Answers by name; a question that a scorer cannot judge has the type refusal." });
/** The reply of /v1/systemone. */
export type SystemOneReply = z.infer<typeof SystemOneReply>;

/** Reads a request to /v1/systemone: one inquiry for each question. @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function readSystemOne({ state, images = [], questions }: SystemOneRequest): Inquiry[] {
  const shown = images.map((image, i): Piece => ({ image: imageOfText(image, `images[${i}]`) }));
  const evidence = evidenceOf([...piecesOfState(state), ...shown]);
  return Object.values(questions).map((question) => ({ ...evidence, meaning: meaningOf(question, evidence.images.length) }));
}

function piecesOfState(state: unknown): Piece[] {
  if (typeof state === "string") return [{ text: state }];
  if (Array.isArray(state)) return state.flatMap(piecesOfState);
  return [pieceOfData(state)];
}

function meaningOf({ instructions: asked, ...question }: Question, count: number): Meaning | null {
  if (typeof asked !== "string") return null;
  if (question.type === "choice") {
    const choices = Object.entries(question.criteria).map(([value, said]) => ({
      value,
      description: typeof said === "string" ? said : said === null ? null : "?",
    }));
    return meaningOfChoice(asked, choices, count);
  }
  if (question.type === "score")
    return meaningOfScore(
      asked,
      question.criteria.map((label) => ({ label })),
      count,
    );
  const criteria = [question.criteria?.true, question.criteria?.false];
  return criteria.every((said) => !said || isUnderstood(said)) ? meaningOfPredicate(asked, count) : null;
}

/** Writes the reply of /v1/systemone. @param answers one for each question; null: refused */
export function writeSystemOne(
  { questions }: SystemOneRequest,
  answers: readonly (JudgeAnswer | null)[],
  facts: JudgedImages["facts"],
): SystemOneReply {
  const told = Object.entries(questions).map(([name, question], i) => [name, answerTo(question, answers[i] ?? null)]);
  return { model: facts.scorer, answers: Object.fromEntries(told), usage: { input_tokens: 0, output_tokens: 0 } };
}

function answerTo(question: Question, answer: JudgeAnswer | null): SystemOneAnswer {
  if (!answer) return { type: "refusal" };
  if ("probability" in answer) return question.type === "noul" ? { type: "noul", noul: answer.probability } : { type: "refusal" };
  const { probabilities } = answer;
  const confidence = confidenceOf(probabilities);
  if (question.type === "score")
    return {
      type: "score",
      score: meanLevel(probabilities),
      confidence,
      probabilities: Object.fromEntries(probabilities.map((each, level) => [level, each])),
      legend: Object.fromEntries(question.criteria.map((label, level) => [level, label])),
    };
  if (question.type !== "choice") return { type: "refusal" };
  const options = Object.keys(question.criteria);
  return {
    type: "choice",
    choice: itemAt(options, largestOf(probabilities)),
    confidence,
    probabilities: Object.fromEntries(options.map((option, k) => [option, itemAt(probabilities, k)])),
  };
}
