/**
 * @file A hosted decision service in the shape of OpenAI's /v1/decisions as a scorer, to be measured beside others. It is asked for pairs where pairs
 * are measured; a single image is compared with "a typical image", and its score is the log odds of that.
 */
import { jsonOf } from "@pickapic/errors";
import { kindOf } from "@pickapic/pictures";
import { z } from "zod";
import { PickScoreError } from "../errors.ts";
import type { ImageSource } from "../score/imageResult.ts";
import { type Ask, inBatches, type ScoreReply } from "./external.ts";
import { bytesOf } from "./imageBytes.ts";
import { after, type NamedScorerOptions, type ScorerKind } from "./kind.ts";
import { postJson } from "./network.ts";
import { type ImagePair, methodsOf } from "./scorer.ts";

const OFFICIAL = "https://api.openai.com/v1";

/** `openai:MODEL`; the address and the key are those of OpenAI's own client (OPENAI_BASE_URL, OPENAI_API_KEY). */
export const openAiKind: ScorerKind = {
  usesCores: false,
  argumentOf: after("openai:"),
  async open(model, options) {
    if (model.trim() === "") throw new PickScoreError("PICKAPIC_SCORER_NAME", "openai:", "expected a model after openai:");
    const name = `openai:${model}`;
    let identity = "its version is not told by the service";
    const decide = async (body: object) => {
      const reply = await ask(name, body, options);
      identity = reply.model;
      return reply.answers[0];
    };
    const one: Ask = (images) =>
      Promise.all(images.map(async ({ prompt, image }) => oddsOf(await decide(await singleQuestion(model, prompt, image)))));
    const pair = (pairs: readonly ImagePair[]) =>
      Promise.all(pairs.map(async (each) => oddsOf(await decide(await pairQuestion(model, each)))));
    return {
      name,
      ...methodsOf(inBatches(one, { ...options, name })),
      comparePairs: inBatches(pair, { ...options, name }),
      identify: async () => identity,
      close: async () => {},
    };
  },
};

const probability = z.number().min(0).max(1);
const replySchema = z.object({
  model: z.string(),
  answers: z
    .array(
      z.discriminatedUnion("type", [
        z.object({ type: z.literal("predicate"), probability }),
        z.object({ type: z.literal("choice"), probabilities: z.array(z.object({ value: z.unknown(), probability })) }),
        z.object({ type: z.literal("refusal") }),
      ]),
    )
    .length(1),
});
type Reply = z.infer<typeof replySchema>;

const IMAGES = ["image_1", "image_2"] as const;

async function singleQuestion(model: string, prompt: string, image: ImageSource): Promise<object> {
  const question = {
    type: "predicate",
    name: "preferred",
    instructions: "This image is better than a typical image for this prompt.",
  };
  return { model, input: [await messageWith(prompt, [image])], questions: [question] };
}

async function pairQuestion(model: string, { prompt, images }: ImagePair): Promise<object> {
  const choices = IMAGES.map((value) => ({ value }));
  const question = { type: "choice", name: "preferred", instructions: "Which image do people prefer for this prompt?", choices };
  return { model, input: [await messageWith(prompt, images)], questions: [question] };
}

async function messageWith(prompt: string, images: readonly ImageSource[]): Promise<object> {
  const parts = images.map(async (image) => {
    const bytes = await bytesOf(image);
    const base64 = Buffer.from(bytes).toString("base64");
    return { type: "input_image", image_url: `data:image/${kindOf(bytes) ?? "octet-stream"};base64,${base64}` };
  });
  return { role: "user", content: [{ type: "input_text", text: `Prompt: ${prompt}` }, ...(await Promise.all(parts))] };
}

/** Certainty has no finite odds: no service is surer than this. */
const SUREST = 1e-6;

/** The log odds of the first image, or of the statement. */
function oddsOf(answer: Reply["answers"][number] | undefined): ScoreReply {
  if (!answer || answer.type === "refusal") return { error: "the service refused the question" };
  const p =
    answer.type === "predicate" ? answer.probability : answer.probabilities.find(({ value }) => value === IMAGES[0])?.probability;
  if (p === undefined) return { error: "the service told no probability for the first image" };
  const bounded = Math.min(1 - SUREST, Math.max(SUREST, p));
  return Math.log(bounded / (1 - bounded));
}

async function ask(name: string, body: object, { timeoutMs, signal, openAi = {} }: NamedScorerOptions): Promise<Reply> {
  const url = `${(openAi.baseUrl || OFFICIAL).replace(/\/+$/, "")}/decisions`;
  const expected = "status 200 (is OPENAI_API_KEY set?)";
  const text = await postJson(url, body, name, { timeoutMs, signal, token: openAi.key ?? "", redirect: "error", expected });
  const parsed = replySchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new PickScoreError(
    "PICKAPIC_SCORER_REPLY",
    name,
    "one answer in the shape of decisions.create",
    text.slice(0, 120) || "nothing",
  );
}
