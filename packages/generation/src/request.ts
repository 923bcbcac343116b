/** @file Drawing and checking requests: which model, which guidance, which seed. */

import type { Random } from "@pickapic/chance";
import { z } from "zod";
import type { Backend, GenerationRequest } from "./backend.ts";
import { offers } from "./backend.ts";
import { GenerationError } from "./errors.ts";
import type { ParsedPrompt } from "./prompt.ts";

/** Each image gets its own guidance scale, uniform in this range (SPEC 2). */
export const GUIDANCE_RANGE = [3, 12] as const;

/** Seeds are 0 ... SEED_LIMIT - 1: what every backend and an int32 column can hold. */
export const SEED_LIMIT = 2 ** 31;

const SCHEMA = z.strictObject({
  prompt: z.string().min(1),
  negativePrompt: z.string(),
  model: z.string().min(1),
  seed: z
    .int()
    .min(0)
    .max(SEED_LIMIT - 1),
  guidanceScale: z.number().min(0).max(100),
  steps: z.int().min(1).max(1000),
  width: z.int().min(16).max(4096),
  height: z.int().min(16).max(4096),
});

export function drawSeed(random: Random): number {
  return Math.floor(random() * SEED_LIMIT);
}

/**
 * A request for one new image as the original app makes it (SPEC 2): a model drawn from all on offer with equal
 * chances, guidance uniform in [3, 12], a seed of its own, the model's own size and steps.
 * @throws GenerationError PICKAPIC_MODELS_NONE when no backend offers a model.
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

/**
 * Checks a request that came from outside (a file, another process).
 * @throws GenerationError PICKAPIC_REQUEST_INVALID naming the field, what was expected and what came.
 */
export function parseRequest(value: unknown): GenerationRequest {
  const result = SCHEMA.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue?.path.join(".") || "request";
  throw new GenerationError("PICKAPIC_REQUEST_INVALID", where, issue?.message ?? "not valid");
}
