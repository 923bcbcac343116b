/** @file Draws requests: which model, which template, which guidance scale, which seed. */

import { drawSeed, type Random } from "@pickapic/chance";
import type { Backend, BackendModel, GenerationRequest, Offer } from "./backend.ts";
import { offers } from "./backend.ts";
import { GenerationError } from "./errors.ts";
import type { ParsedPrompt } from "./prompt.ts";
import { applyTemplate } from "./templates.ts";

/** The guidance scale of each image is uniform in this range, as in the original app. */
export const GUIDANCE_RANGE = [3, 12] as const;

/** The request of one image, and how probable its model was. */
export interface DrawnRequest {
  request: GenerationRequest;
  /** Probability with which the model of the request was drawn, above 0 and at most 1. */
  probability: number;
}

/**
 * Draws the request of one new image: a model by its weight, one of the model's templates, guidance uniform in the model's range,
 * a seed; the model's usual size and steps. Without settings of its own that is what the original app does: all models equally
 * likely, guidance uniform in [3, 12]. A setting that the backend does not have is null.
 * @param isOpen whether a model may be drawn, for limits per day. Default: every model
 * @throws GenerationError PICKAPIC_MODELS_NONE when no model can be drawn
 */
export function drawImage(
  prompt: ParsedPrompt,
  backends: readonly Backend[],
  random: Random,
  isOpen: (model: BackendModel) => boolean = () => true,
): DrawnRequest {
  const all = offers(backends).filter(({ model }) => weightOf(model) > 0 && isOpen(model));
  const total = all.reduce((sum, { model }) => sum + weightOf(model), 0);
  const model = pick(all, total * random());
  const { steps, width, height, hasSeed = true, hasNegativePrompt = true } = model;
  const worded = withTemplate(prompt, model, random);
  const guidanceScale = drawGuidance(model, random);
  const request = {
    prompt: worded.prompt,
    negativePrompt: hasNegativePrompt ? worded.negativePrompt : null,
    model: model.name,
    seed: hasSeed ? drawSeed(random) : null,
    guidanceScale,
    steps,
    width,
    height,
  };
  return { request, probability: weightOf(model) / total };
}

/**
 * Draws the request of one new image, as drawImage does, for a caller that needs no probability.
 * @throws GenerationError PICKAPIC_MODELS_NONE when no model can be drawn
 */
export function drawRequest(prompt: ParsedPrompt, backends: readonly Backend[], random: Random): GenerationRequest {
  return drawImage(prompt, backends, random).request;
}

const weightOf = ({ weight = 1 }: BackendModel): number => weight;

/** The model at a position of 0 ... the sum of all weights. */
function pick(all: readonly Offer[], position: number): BackendModel {
  let left = position;
  for (const { model } of all) {
    left -= weightOf(model);
    if (left < 0) return model;
  }
  // The sum of the weights may be rounded above what was subtracted.
  const last = all.at(-1);
  if (!last) throw new GenerationError("PICKAPIC_MODELS_NONE");
  return last.model;
}

function withTemplate(prompt: ParsedPrompt, { templates = [] }: BackendModel, random: Random): ParsedPrompt {
  if (templates.length === 0) return prompt;
  const template = templates[Math.floor(random() * templates.length)];
  return template ? applyTemplate(template, prompt) : prompt;
}

function drawGuidance({ guidance = GUIDANCE_RANGE }: BackendModel, random: Random): number | null {
  if (guidance === null) return null;
  const [low, high] = guidance;
  return low + (high - low) * random();
}
