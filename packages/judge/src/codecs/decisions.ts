/** @file The shape of `decisions.create` of the npm package openai (7.59, src/resources/decisions.ts): questions about a text and images. */
import { itemAt } from "@pickapic/errors";
import { z } from "zod";
import type { JudgedImages } from "../core/judged.ts";
import { imageOfText, imageText } from "../images/asked.ts";
import { confidenceOf, type JudgeAnswer, largestOf, meanLevel } from "../questions/answer.ts";
import { type Evidence, evidenceOf, type Piece, pieceOfData } from "../questions/evidence.ts";
import type { Inquiry } from "../questions/inquiry.ts";
import { isUnderstood, type Meaning, meaningOfChoice, meaningOfPredicate, meaningOfScore } from "../questions/meaning.ts";

/** The vendor's bounds. */
const MOST_QUESTIONS = 400;
const MOST_CHOICES = 255;
const MOST_LEVELS = 100;
const MOST_PARTS = 512;
const LONGEST_TEXT = 100_000;

const text = z.string().max(LONGEST_TEXT);

const TextPart = z.looseObject({ type: z.literal("input_text"), text });
const ImagePart = z.looseObject({
  type: z.literal("input_image"),
  image_url: imageText("expected the image itself, as a data URL (this judge stores no files, so a file_id names nothing)"),
});
const DataPart = z.looseObject({ type: z.literal("input_json"), data: z.unknown() });
const Part = z.discriminatedUnion("type", [TextPart, ImagePart, DataPart]);

const UserMessage = z.looseObject({
  role: z.literal("user"),
  type: z.literal("message").optional(),
  content: z.union([text, z.array(Part).max(MOST_PARTS)]),
});
const RulesMessage = z.looseObject({
  role: z.enum(["developer", "system"]),
  type: z.literal("message").optional(),
  content: z.union([text, z.array(TextPart).max(MOST_PARTS)]),
});
/** Answers of an assistant, calls of tools and their outputs: read, but nothing that this judge could know follows from them. */
const OtherItem = z.union([
  z.looseObject({ role: z.literal("assistant") }),
  z.looseObject({
    type: z.enum(["function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"]),
    call_id: z.string(),
  }),
]);

const name = z.string().max(1_000).optional();
const instructions = z.union([text, z.array(Part).max(MOST_PARTS)]);

const Predicate = z.looseObject({ type: z.literal("predicate"), name, instructions });
const ChoiceQuestion = z.looseObject({
  type: z.literal("choice"),
  name,
  instructions,
  choices: z
    .array(z.looseObject({ value: z.union([text, z.boolean()]), description: text.nullish() }))
    .min(2)
    .max(MOST_CHOICES)
    .refine((choices) => new Set(choices.map(({ value }) => `${typeof value} ${value}`)).size === choices.length, {
      error: "expected choices that differ",
    }),
});
const ScoreQuestion = z.looseObject({
  type: z.literal("score"),
  name,
  instructions,
  levels: z
    .array(z.looseObject({ label: text, description: text.nullish() }))
    .min(2)
    .max(MOST_LEVELS),
});
const Question = z.discriminatedUnion("type", [Predicate, ChoiceQuestion, ScoreQuestion]);
type Question = z.infer<typeof Question>;

/** The body of POST /v1/decisions. */
export const DecisionRequest = z
  .looseObject({
    model: z.string().describe("Any: this judge has one scorer, and the reply names it."),
    input: z.union([text, z.array(z.union([UserMessage, RulesMessage, OtherItem])).max(MOST_PARTS)]),
    questions: z.array(Question).min(1).max(MOST_QUESTIONS),
  })
  .meta({ id: "DecisionRequest", description: "The body of `decisions.create` of OpenAI's client." });
/** A request to /v1/decisions. */
export type DecisionRequest = z.infer<typeof DecisionRequest>;

const nullableName = z.string().nullable();
const probability = z.number().min(0).max(1);

const DecisionAnswer = z.discriminatedUnion("type", [
  z.object({ type: z.literal("predicate"), name: nullableName, probability }),
  z.object({
    type: z.literal("choice"),
    name: nullableName,
    choice: z.union([z.string(), z.boolean()]),
    confidence: probability,
    probabilities: z.array(z.object({ value: z.union([z.string(), z.boolean()]), probability })),
  }),
  z.object({
    type: z.literal("score"),
    name: nullableName,
    score: z.number().describe("The mean level, counted from 0."),
    confidence: probability,
    probabilities: z.array(z.object({ label: z.string(), value: z.int(), probability })),
  }),
  z.object({ type: z.literal("refusal"), name: nullableName }),
]);
type DecisionAnswer = z.infer<typeof DecisionAnswer>;

/** The reply of POST /v1/decisions. */
export const DecisionReply = z
  .object({
    answers: z.array(DecisionAnswer),
    model: z.string(),
    usage: z.object({
      input_tokens: z.int(),
      input_tokens_details: z.object({ cache_write_tokens: z.int(), cached_tokens: z.int() }),
      output_tokens: z.int(),
      output_tokens_details: z.object({ reasoning_tokens: z.int() }),
      total_tokens: z.int(),
    }),
  })
  .meta({
    id: "DecisionReply",
    description: "Answers in the order of the questions; a question that a scorer cannot judge is refused.",
  });
/** The reply of /v1/decisions. */
export type DecisionReply = z.infer<typeof DecisionReply>;

/** This judge counts no tokens. */
const NO_USAGE: DecisionReply["usage"] = {
  input_tokens: 0,
  input_tokens_details: { cache_write_tokens: 0, cached_tokens: 0 },
  output_tokens: 0,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 0,
};

/** Reads a request to /v1/decisions: one inquiry for each question. @throws JudgeError PICKAPIC_JUDGE_IMAGE for an image that is no data URL or address */
export function readDecisions(request: DecisionRequest): Inquiry[] {
  const shared = piecesOfInput(request.input);
  return request.questions.map((question, i) => {
    const { asked, images } = instructionsOf(question, i);
    const evidence = evidenceOf([...shared, ...images]);
    return { ...evidence, meaning: asked === null ? null : meaningOf(question, asked, evidence) };
  });
}

function piecesOfInput(input: DecisionRequest["input"]): Piece[] {
  if (typeof input === "string") return [{ text: input }];
  return input.flatMap((item, m): Piece[] => {
    if (!("content" in item) || item.role === "assistant") return [null];
    const parts = piecesOf(item.content as z.infer<typeof instructions>, `input[${m}]`);
    if (item.role === "user") return parts;
    // Rules that only say what the judge does anyway change nothing.
    return parts.every((part) => part && "text" in part && isUnderstood(part.text)) ? [] : [null];
  });
}

function piecesOf(content: z.infer<typeof instructions>, where: string): Piece[] {
  if (typeof content === "string") return [{ text: content }];
  return content.map((part, p): Piece => {
    if (part.type === "input_text") return { text: part.text };
    if (part.type === "input_json") return pieceOfData(part.data);
    return { image: imageOfText(part.image_url, `${where}.content[${p}]`) };
  });
}

/** The words of a question, or null if it is not words alone; and the images of the question, which follow those of the input. */
function instructionsOf(question: Question, i: number): { asked: string | null; images: Piece[] } {
  const pieces = piecesOf(question.instructions, `questions[${i}].instructions`);
  const texts = pieces.flatMap((piece) => (piece && "text" in piece ? [piece.text] : []));
  const images = pieces.filter((piece) => piece && "image" in piece);
  return { asked: texts.length + images.length === pieces.length ? texts.join(" ") : null, images };
}

function meaningOf(question: Question, asked: string, { images }: Evidence): Meaning | null {
  switch (question.type) {
    case "predicate":
      return meaningOfPredicate(asked, images.length);
    case "score":
      return meaningOfScore(asked, question.levels, images.length);
    default:
      return isYesOrNo(question)
        ? meaningOfPredicate(asked, images.length)
        : meaningOfChoice(asked, question.choices, images.length);
  }
}

/** Whether the choices are true and false, so that the question is a predicate. */
function isYesOrNo({ choices }: z.infer<typeof ChoiceQuestion>): boolean {
  return choices.length === 2 && choices.every(({ value }) => typeof value === "boolean");
}

/** Writes the reply of /v1/decisions. @param answers one for each question; null: refused */
export function writeDecisions(
  { questions }: DecisionRequest,
  answers: readonly (JudgeAnswer | null)[],
  facts: JudgedImages["facts"],
): DecisionReply {
  return {
    answers: questions.map((question, i) => answerTo(question, answers[i] ?? null)),
    model: facts.scorer,
    usage: NO_USAGE,
  };
}

function answerTo(question: Question, answer: JudgeAnswer | null): DecisionAnswer {
  const named = { name: question.name ?? null };
  if (!answer) return { type: "refusal", ...named };
  if (question.type === "predicate")
    return "probability" in answer
      ? { type: "predicate", ...named, probability: answer.probability }
      : { type: "refusal", ...named };
  if (question.type === "score") return scoreAnswer(question, named, answer);
  const probabilities = "probabilities" in answer ? answer.probabilities : yesAndNo(question, answer.probability);
  return {
    type: "choice",
    ...named,
    choice: itemAt(question.choices, largestOf(probabilities)).value,
    confidence: confidenceOf(probabilities),
    probabilities: question.choices.map(({ value }, k) => ({ value, probability: itemAt(probabilities, k) })),
  };
}

function scoreAnswer(
  question: z.infer<typeof ScoreQuestion>,
  named: { name: string | null },
  answer: JudgeAnswer,
): DecisionAnswer {
  if (!("probabilities" in answer)) return { type: "refusal", ...named };
  const { probabilities } = answer;
  return {
    type: "score",
    ...named,
    score: meanLevel(probabilities),
    confidence: confidenceOf(probabilities),
    probabilities: question.levels.map(({ label }, value) => ({ label, value, probability: itemAt(probabilities, value) })),
  };
}

function yesAndNo({ choices }: z.infer<typeof ChoiceQuestion>, yes: number): number[] {
  return choices.map(({ value }) => (value === true ? yes : 1 - yes));
}
