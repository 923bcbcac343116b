/** @file The reward servers of training by reinforcement: flow_grpo's and verl-omni's pickles, and Flow-Factory's JSON. */
import { z } from "zod";
import type { JudgedImages, JudgeFacts } from "../core/judged.ts";
import { checkScale, SCALES, type Scale, scaled } from "../core/scale.ts";
import { JudgeError } from "../errors.ts";
import { type AskedPair, ImageText, imageOfText, LONGEST_PROMPT, MOST_IMAGES } from "../images/asked.ts";
import { readPickle } from "../pickle/read.ts";
import type { PickleValue } from "../pickle/value.ts";
import { writePickle } from "../pickle/write.ts";

/** The query of a reward server. */
export const RewardQuery = z.strictObject({
  scale: z
    .enum(SCALES)
    .default("unit")
    .describe("The scale of the rewards. The default, raw / 26, is that of the trainers' own PickScore."),
});

/**
 * Reads the pickle of flow_grpo (`{images: [bytes], prompts: [text]}`, prompts also as an array of NumPy) or verl-omni (the same with metadata).
 * @throws JudgeError PICKAPIC_JUDGE_PICKLE, PICKAPIC_JUDGE_REQUEST, PICKAPIC_JUDGE_TOO_MANY, PICKAPIC_JUDGE_REFERENCE
 */
export function readRewardPickle(body: Uint8Array, scale: Scale, { calibration }: JudgeFacts): AskedPair[] {
  checkScale(scale, calibration);
  const root = readPickle(body);
  if (!(root instanceof Map)) throw wrong("a dictionary with images and prompts");
  const images = listOf(root.get("images"), isBytes, '"images": a list of bytes');
  const prompts = listOf(root.get("prompts"), isText, '"prompts": a list of texts');
  return pairsOf(
    prompts,
    images.map((bytes) => ({ bytes })),
  );
}

const wrong = (expected: string) =>
  new JudgeError("PICKAPIC_JUDGE_REQUEST", `The reward server expects ${expected}; something else came.`);
const isBytes = (value: PickleValue): value is Uint8Array => value instanceof Uint8Array;
const isText = (value: PickleValue): value is string => typeof value === "string";

function listOf<T extends PickleValue>(
  value: PickleValue | undefined,
  is: (each: PickleValue) => each is T,
  expected: string,
): T[] {
  if (!Array.isArray(value) || value.length === 0 || !value.every(is)) throw wrong(expected);
  return value;
}

function pairsOf(prompts: readonly string[], images: readonly AskedPair["image"][]): AskedPair[] {
  if (prompts.length !== images.length)
    throw new JudgeError(
      "PICKAPIC_JUDGE_REQUEST",
      `The reward server expects one prompt for each image; ${prompts.length} prompts and ${images.length} images came.`,
    );
  if (images.length > MOST_IMAGES) throw new JudgeError("PICKAPIC_JUDGE_TOO_MANY", "images", MOST_IMAGES, images.length);
  if (prompts.some((prompt) => prompt.length > LONGEST_PROMPT))
    throw new JudgeError("PICKAPIC_JUDGE_REQUEST", `A prompt may have at most ${LONGEST_PROMPT} characters; a longer one came.`);
  return images.map((image, i) => ({ prompt: prompts[i] ?? "", image }));
}

/** Rewards in order. @throws JudgeError PICKAPIC_JUDGE_IMAGE when an image has no score: a reward cannot be left out */
function rewardsOf({ results, facts }: JudgedImages, scale: Scale): number[] {
  return results.map((result, i) => {
    if ("score" in result) return scaled(result.score, scale, facts.calibration);
    const what = result.message.replace(/^picture: /, "").replace(/\.$/, "");
    throw new JudgeError("PICKAPIC_JUDGE_IMAGE", `Image ${i + 1} of the question`, what);
  });
}

/** Writes the pickle of the reply: flow_grpo reads `outputs`, verl-omni `scores`. @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function writeRewardPickle(judged: JudgedImages, scale: Scale): Uint8Array {
  const rewards = rewardsOf(judged, scale);
  return writePickle({ scores: rewards, outputs: rewards });
}

/** Writes the pickle of a refusal, as verl-omni reads it. */
export function writeRewardError(message: string): Uint8Array {
  return writePickle({ error: message });
}

const images = z.array(ImageText).min(1).max(MOST_IMAGES);
const prompts = z.array(z.string().max(LONGEST_PROMPT)).min(1).max(MOST_IMAGES);

/** The body of Flow-Factory's POST /compute: its client writes prompt and image, its example server prompts and images. */
export const ComputeRequest = z
  .looseObject({
    prompt: prompts.optional(),
    image: images.nullish(),
    prompts: prompts.optional(),
    images: images.nullish(),
  })
  .meta({ id: "ComputeRequest", description: "The body of Flow-Factory's remote rewards: prompts, and images in base64." });
/** A request to /compute. */
export type ComputeRequest = z.infer<typeof ComputeRequest>;

/** The reply of POST /compute. */
export const ComputeReply = z
  .object({ rewards: z.array(z.number()) })
  .meta({ id: "ComputeReply", description: "One reward for each image." });

/** Reads a request to /compute. @throws JudgeError PICKAPIC_JUDGE_REQUEST, PICKAPIC_JUDGE_IMAGE, PICKAPIC_JUDGE_REFERENCE */
export function readCompute(body: ComputeRequest, scale: Scale, { calibration }: JudgeFacts): AskedPair[] {
  checkScale(scale, calibration);
  const [texts, shown] = [body.prompt ?? body.prompts, body.image ?? body.images];
  if (!texts || !shown) throw wrong('"prompt" and "image": this judge sees images, no videos');
  return pairsOf(
    texts,
    shown.map((image, i) => imageOfText(image, `image[${i}]`)),
  );
}

/** Writes the reply of /compute. @throws JudgeError PICKAPIC_JUDGE_IMAGE */
export function writeCompute(judged: JudgedImages, scale: Scale): z.infer<typeof ComputeReply> {
  return { rewards: rewardsOf(judged, scale) };
}
