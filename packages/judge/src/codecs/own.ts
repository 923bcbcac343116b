/** @file The judge's own API: /api/rank orders the images of a prompt, /api/score scores each image alone. */
import { z } from "zod";
import type { JudgedImages, JudgeFacts } from "../core/judged.ts";
import { failedImages, rankedImages } from "../core/ranked.ts";
import { checkScale, SCALES, type Scale, scaled } from "../core/scale.ts";
import { JudgeError } from "../errors.ts";
import { type AskedPair, askedImage, ImageInput, MOST_IMAGES, Prompt } from "../images/asked.ts";

const Images = z.array(ImageInput).min(1).max(MOST_IMAGES);

const ScaleInput = z
  .enum(SCALES)
  .optional()
  .meta({ default: "raw" })
  .describe(
    "raw: T cos(text, image), comparable within one prompt only. unit: raw / 26, as rewards of training use it. probability: that a person prefers the image (rank: among all images of the question; score: to a random image of the votes). percentile: of the votes' images.",
  );

/** The query of /api/rank and /api/score. */
export const ScaleQuery = z.strictObject({
  scale: z.enum(SCALES).optional().describe("The scale, in place of the field of the body."),
});

/** A question with the scale of its body or of its address. */
type WithScale<T extends { scale?: Scale | undefined }> = Omit<T, "scale"> & { readonly scale: Scale };

/** Returns a question with its scale: that of the body or of the query, else raw. @throws JudgeError PICKAPIC_JUDGE_REQUEST when they differ */
export function withScale<T extends { scale?: Scale | undefined }>(body: T, query: z.infer<typeof ScaleQuery>): WithScale<T> {
  if (body.scale !== undefined && query.scale !== undefined && body.scale !== query.scale)
    throw new JudgeError(
      "PICKAPIC_JUDGE_REQUEST",
      `The body asks for the scale ${body.scale}, and the address for ${query.scale}: leave one of them out.`,
    );
  return { ...body, scale: body.scale ?? query.scale ?? "raw" };
}

const Batch = z.strictObject({ prompt: Prompt, images: Images });

/** The body of POST /api/rank: one prompt with its images, or several in `batches`. */
export const RankRequest = z
  .strictObject({
    prompt: Prompt.optional(),
    images: Images.optional(),
    batches: z.array(Batch).min(1).max(MOST_IMAGES).optional().describe("Several prompts, each with its images."),
    scale: ScaleInput,
    top: z.int().min(1).max(MOST_IMAGES).optional().describe("How many of the best to return; by default all."),
  })
  .meta({ id: "RankRequest", description: "A prompt and its images, or several of them." });
/** A question to /api/rank. */
export type RankRequest = z.infer<typeof RankRequest>;

/** The body of POST /api/score: images of one prompt, or `items` with a prompt each. */
export const ScoreRequest = z
  .strictObject({
    prompt: Prompt.optional(),
    images: Images.optional(),
    items: z
      .array(z.strictObject({ prompt: Prompt, image: ImageInput }))
      .min(1)
      .max(MOST_IMAGES)
      .optional()
      .describe("Images with a prompt each."),
    scale: ScaleInput,
  })
  .meta({ id: "ScoreRequest", description: "Images of one prompt, or images with a prompt each." });
/** A question to /api/score. */
export type ScoreRequest = z.infer<typeof ScoreRequest>;

const Failed = z
  .object({ index: z.int().nonnegative(), code: z.string(), message: z.string() })
  .describe("An image without a score, with the reason.");

const Standing = z.object({
  index: z.int().nonnegative().describe("Which image of the question, from 0."),
  rank: z.int().positive().describe("1 for the best; equal scores share a rank."),
  score: z.number().describe("On the scale that was asked for."),
  probability: z.number().min(0).max(1).describe("That a person prefers it among all images of its prompt."),
});

const RankedBatch = z.object({ ranked: z.array(Standing).describe("Best first."), failed: z.array(Failed) });

const About = {
  scorer: z.string().describe("What judged."),
  calibrated: z.boolean().describe("Whether the probabilities were fitted to votes; GET /api/judge says how well."),
  scale: z.enum(SCALES),
};

/** The reply of POST /api/rank: `ranked` and `failed` for one prompt, `batches` for several. */
export const RankReply = z
  .object({ ...About, ...RankedBatch.partial().shape, batches: z.array(RankedBatch).optional() })
  .meta({ id: "RankReply", description: "The images, best first." });
/** The reply of /api/rank. */
export type RankReply = z.infer<typeof RankReply>;

/** The reply of POST /api/score. */
export const ScoreReply = z
  .object({
    ...About,
    scores: z.array(z.number().nullable()).describe("One for each image, in order; null for an image in `failed`."),
    failed: z.array(Failed),
  })
  .meta({ id: "ScoreReply", description: "The scores, in the order of the images." });
/** The reply of /api/score. */
export type ScoreReply = z.infer<typeof ScoreReply>;

/** The images of a question, in groups of one prompt each. */
export interface AskedGroups {
  readonly pairs: readonly AskedPair[];
  /** Images of each group, in order. */
  readonly sizes: readonly number[];
}

/**
 * Reads a question to /api/rank.
 * @throws JudgeError PICKAPIC_JUDGE_REQUEST, PICKAPIC_JUDGE_IMAGE, PICKAPIC_JUDGE_TOO_MANY, PICKAPIC_JUDGE_REFERENCE
 */
export function readRank({ prompt, images, batches, scale }: WithScale<RankRequest>, { calibration }: JudgeFacts): AskedGroups {
  if (scale !== "probability") checkScale(scale, calibration);
  const groups = groupsOf(prompt, images, batches, "/api/rank", "batches");
  const pairs = groups.flatMap((group, g) =>
    group.images.map((image, i) => ({
      prompt: group.prompt,
      image: askedImage(image, batches ? `batches[${g}].images[${i}]` : `images[${i}]`),
    })),
  );
  return { pairs: bounded(pairs), sizes: groups.map((group) => group.images.length) };
}

/** Reads a question to /api/score. @throws as `readRank` */
export function readScore(
  { prompt, images, items, scale }: WithScale<ScoreRequest>,
  { calibration }: JudgeFacts,
): readonly AskedPair[] {
  checkScale(scale, calibration);
  const single = items?.map((item) => ({ prompt: item.prompt, images: [item.image] }));
  const groups = groupsOf(prompt, images, single, "/api/score", "items");
  const pairs = groups.flatMap((group, g) =>
    group.images.map((image, i) => ({
      prompt: group.prompt,
      image: askedImage(image, items ? `items[${g}].image` : `images[${i}]`),
    })),
  );
  return bounded(pairs);
}

type Group = z.infer<typeof Batch>;

function groupsOf(
  prompt: string | undefined,
  images: Group["images"] | undefined,
  several: readonly Group[] | undefined,
  address: string,
  name: string,
): readonly Group[] {
  if (several && prompt === undefined && !images) return several;
  if (!several && prompt !== undefined && images) return [{ prompt, images }];
  throw new JudgeError(
    "PICKAPIC_JUDGE_REQUEST",
    `${address} expects either "prompt" with "images", or "${name}"; the body has ${several ? "both" : "neither"}.`,
  );
}

function bounded(pairs: readonly AskedPair[]): readonly AskedPair[] {
  if (pairs.length > MOST_IMAGES) throw new JudgeError("PICKAPIC_JUDGE_TOO_MANY", "images", MOST_IMAGES, pairs.length);
  return pairs;
}

/** Writes the reply of /api/rank. @throws JudgeError PICKAPIC_JUDGE_REFERENCE */
export function writeRank(
  { scale, top, batches }: WithScale<RankRequest>,
  { sizes }: AskedGroups,
  judged: JudgedImages,
): RankReply {
  let start = 0;
  const groups = sizes.map((size) => {
    const group = rankedImages({ ...judged, results: judged.results.slice(start, start + size) }, scale);
    start += size;
    return { ...group, ranked: group.ranked.slice(0, top) };
  });
  return { ...aboutOf(judged, scale), ...(batches ? { batches: groups } : groups[0]) };
}

/** Writes the reply of /api/score. @throws JudgeError PICKAPIC_JUDGE_REFERENCE */
export function writeScore({ scale }: WithScale<ScoreRequest>, judged: JudgedImages): ScoreReply {
  const { calibration } = judged.facts;
  const scores = judged.results.map((result) => ("score" in result ? scaled(result.score, scale, calibration) : null));
  return { ...aboutOf(judged, scale), scores, failed: failedImages(judged.results) };
}

function aboutOf({ facts }: JudgedImages, scale: Scale): Pick<ScoreReply, "scorer" | "calibrated" | "scale"> {
  return { scorer: facts.scorer, calibrated: facts.calibration !== null, scale };
}
