/** @file The best-of-n page: the best of several images of a prompt. */
import { z } from "zod";
import { NewRound, ShownImage } from "./rounds.ts";

/** The least and the most images of which the best-of-n page finds the best, and how many it suggests. */
export const BEST_OF_IMAGES = { least: 4, most: 32, usual: 12 } as const;

/** Checks the body of POST /api/best-of. */
export const NewBestOf = z
  .object({
    prompt: NewRound.shape.prompt,
    n: z.int().min(BEST_OF_IMAGES.least).max(BEST_OF_IMAGES.most).describe("Images to make."),
    model: z.string().max(200).optional().describe("One of `models` of GET /api/best-of; without it the first of them."),
  })
  .meta({
    id: "NewBestOf",
    description: "A prompt of which the best of n images is wanted.",
    examples: [{ prompt: "a red cat on a blue sofa", n: 8 }],
  });
/** A prompt of which the best of n images is wanted. */
export type NewBestOf = z.infer<typeof NewBestOf>;

const ScoredPicture = ShownImage.extend({
  score: z.number().describe("Larger is better; comparable with the other images of this prompt only."),
  prompt: z.string().describe("The words that the model got; a template may have added some."),
  seed: z.int().nullable(),
  guidanceScale: z.number().nullable(),
  steps: z.int().nullable(),
}).meta({
  id: "ScoredPicture",
  description: "An image with its score and its settings; null where the model has no such setting.",
});
/** An image of the best-of-n page, with its score and its settings. */
export type ScoredPicture = z.infer<typeof ScoredPicture>;

/** Checks what has come of a prompt on the best-of-n page. */
export const BestOf = z
  .object({
    id: z.uuid(),
    prompt: z.string(),
    negativePrompt: z.string(),
    model: z.string(),
    n: z.int().positive().describe("Images that were ordered."),
    state: z
      .enum(["waiting", "running", "done", "stopped", "failed"])
      .describe('"waiting": no image is being made yet, because people who judge come first; "failed": no image could be made.'),
    images: z.array(ScoredPicture).describe("Those that are there, best first."),
    failed: z.int().nonnegative().describe("Images that could not be made or scored."),
    fraction: z.number().min(0).max(1).describe("0...1, over all images."),
  })
  .meta({ id: "BestOf", description: "The best of n images of a prompt, as far as they are made." });
/** The best of n images of a prompt, as far as they are made. */
export type BestOf = z.infer<typeof BestOf>;

/** Checks the reply of GET /api/best-of. */
export const BestOfOffer = z
  .object({
    scorer: z.string().nullable().describe("What ranks the images; null: this server has no scorer."),
    models: z
      .array(z.object({ name: z.string(), title: z.string() }))
      .describe("The models to choose from; empty where all pictures were made earlier."),
    latest: BestOf.nullable().describe("The person's last one, for a day."),
  })
  .meta({ id: "BestOfOffer", description: "What the best-of-n page offers." });
/** What the best-of-n page offers. */
export type BestOfOffer = z.infer<typeof BestOfOffer>;
