/** @file Draws requests: which model, which guidance scale, which seed. */

import { drawSeed, type Random } from "@pickapic/chance";
import type { Backend, GenerationRequest } from "./backend.ts";
import { offers } from "./backend.ts";
import { GenerationError } from "./errors.ts";
import type { ParsedPrompt } from "./prompt.ts";

/** The guidance scale of each image is uniform in this range, as in the original app. */
export const GUIDANCE_RANGE = [3, 12] as const;

/**
 * Draws the request of one new image as the original app does: a model from all on offer, equally likely; guidance uniform in [3,
 * 12]; a seed; the model's usual size and steps.
 * @throws GenerationError PICKAPIC_MODELS_NONE when no backend offers a model
 */
export function drawRequest(prompt: ParsedPrompt, backends: readonly Backend[], random: Random): GenerationRequest {
  const all = offers(backends);
  const offer = all[Math.floor(random() * all.length)];
  if (!offer) throw new GenerationError("PICKAPIC_MODELS_NONE");
  const [low, high] = GUIDANCE_RANGE;
  const { name: model, steps, width, height } = offer.model;
  const guidanceScale = low + (high - low) * random();
  const { prompt: text, negativePrompt } = prompt;
  return { prompt: text, negativePrompt, model, seed: drawSeed(random), guidanceScale, steps, width, height };
}
