/** @file The generation request of an image, from its row in the database. */
import type { GenerationRequest } from "@pickapic/generation";
import type { Selectable } from "kysely";
import type { Tables } from "../database/tables.ts";

/** An image with the prompt of its round, and how many images of it the best-of-n page wants; null for a round that shows pairs. */
export type PromptedImage = Selectable<Tables["images"]> & { prompt: string; best_of: number | null };

/** Returns the request that the generator of an image gets. */
export function requestOf(row: Omit<PromptedImage, "best_of">): GenerationRequest {
  return {
    prompt: row.asked_prompt ?? row.prompt,
    negativePrompt: row.asked_negative_prompt,
    model: row.model,
    seed: row.seed,
    guidanceScale: row.guidance_scale,
    steps: row.steps,
    width: row.request_width,
    height: row.request_height,
    ...(row.picture !== null && { picture: row.picture }),
  };
}
