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

/** What may not be drawn. Default: everything may. */
export interface NotDrawn {
  /** True for a model that may not be drawn now, such as one whose limit of the day is used up. */
  isClosed?(model: string): boolean;
  /** True for a model that is drawn only when every other one rests as well, such as one whose backend keeps failing. */
  isResting?(model: string): boolean;
  /** True for a picture made earlier that was shown already. */
  isShown?(model: string, picture: number): boolean;
}

/**
 * Draws the request of one new image: a model by its weight, one of the model's templates, guidance uniform in the model's range,
 * a seed; the model's usual size and steps. Without settings of its own that is what the original app does: all models equally
 * likely, guidance uniform in [3, 12]. A setting that the backend does not have is null. The probability is that of the draw which took place: among the models that were neither
 * closed nor resting.
 * @returns null when no model can be drawn
 */
export function drawImage(
  prompt: ParsedPrompt,
  backends: readonly Backend[],
  random: Random,
  not: NotDrawn = {},
): DrawnRequest | null {
  const open = offers(backends).filter(({ model }) => canDraw(model, prompt, not));
  const awake = open.filter(({ model }) => !not.isResting?.(model.name));
  const all = awake.length > 0 ? awake : open;
  const total = all.reduce((sum, { model }) => sum + weightOf(model), 0);
  const model = pick(all, total * random());
  if (!model) return null;
  const { steps, width, height, hasNegativePrompt = true } = model;
  const worded = withTemplate(prompt, model, random);
  const guidanceScale = drawGuidance(model, random);
  const request = {
    prompt: worded.prompt,
    negativePrompt: hasNegativePrompt ? worded.negativePrompt : null,
    model: model.name,
    seed: model.hasSeed === false ? null : drawSeed(random),
    guidanceScale,
    steps,
    width,
    height,
    ...drawPicture(model, prompt, random, not),
  };
  return { request, probability: weightOf(model) / total };
}

function canDraw(model: BackendModel, prompt: ParsedPrompt, not: NotDrawn): boolean {
  if (!(weightOf(model) > 0) || not.isClosed?.(model.name)) return false;
  return !model.pictures || unshown(model, prompt, not).length > 0;
}

/** The pictures made earlier for a prompt that were not shown. */
function unshown({ name, pictures }: BackendModel, { prompt }: ParsedPrompt, { isShown }: NotDrawn): number[] {
  return (pictures?.of(prompt) ?? []).filter((picture) => !isShown?.(name, picture));
}

function drawPicture(model: BackendModel, prompt: ParsedPrompt, random: Random, not: NotDrawn): { picture?: number } {
  if (!model.pictures) return {};
  const left = unshown(model, prompt, not);
  const picture = left[Math.floor(random() * left.length)];
  return picture === undefined ? {} : { picture };
}

/**
 * Draws the request of one new image, as drawImage does, for a caller that needs no probability.
 * @throws GenerationError PICKAPIC_MODELS_NONE when no model can be drawn
 */
export function drawRequest(prompt: ParsedPrompt, backends: readonly Backend[], random: Random): GenerationRequest {
  const drawn = drawImage(prompt, backends, random);
  if (!drawn) throw new GenerationError("PICKAPIC_MODELS_NONE");
  return drawn.request;
}

/**
 * Refuses a guidance scale that a model cannot have.
 * @throws GenerationError PICKAPIC_GUIDANCE_NONE, PICKAPIC_GUIDANCE_RANGE
 */
export function checkGuidance({ name, guidance = GUIDANCE_RANGE }: BackendModel, scale: number): void {
  if (guidance === null) throw new GenerationError("PICKAPIC_GUIDANCE_NONE", name, scale);
  const [low, high] = guidance;
  if (!(scale >= low && scale <= high)) throw new GenerationError("PICKAPIC_GUIDANCE_RANGE", name, low, high, scale);
}

const weightOf = ({ weight = 1 }: BackendModel): number => weight;

/** The model at a position of 0 ... the sum of all weights. */
function pick(all: readonly Offer[], position: number): BackendModel | undefined {
  let left = position;
  for (const { model } of all) {
    left -= weightOf(model);
    if (left < 0) return model;
  }
  // The sum of the weights may be rounded above what was subtracted.
  return all.at(-1)?.model;
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
