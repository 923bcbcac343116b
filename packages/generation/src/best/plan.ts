/** @file Plans the images of a best-of-n: which templates, which seeds, which settings. Everything that can be refused is refused here, before an image is paid for. */

import { drawSeed, type Random } from "@pickapic/chance";
import { type Backend, type BackendModel, findOffer, type GenerationRequest } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import type { ParsedPrompt } from "../prompt.ts";
import { checkGuidance, GUIDANCE_RANGE } from "../request.ts";
import { applyTemplate, BARE, type PromptTemplate } from "../templates.ts";

/** Which images a best-of-n consists of. `random` draws their seeds. */
export interface BestOfPlan {
  prompt: ParsedPrompt;
  backend: Backend;
  /** Name of one of the backend's models. */
  model: string;
  random: Random;
  /** Guidance scale of every image. Default: 7.5, as in the paper, or the middle of the model's range where 7.5 is outside of it. */
  guidanceScale?: number | undefined;
  /** Each seed is used once per template. Default: the templates of the model, else the prompt as it is. */
  templates?: readonly PromptTemplate[] | undefined;
}

/** A request of a best-of-n, with the name of the template that its prompt was made with. */
export interface PlannedImage {
  template: string;
  request: GenerationRequest;
}

/** A larger n is taken for a typing error. */
const LARGEST_N = 10_000;
/** The guidance scale of the paper. */
const USUAL_GUIDANCE = 7.5;

/**
 * Plans the requests of a best-of-n: all templates with a first seed, all with a second, and so on until there are n. Of pictures that were made earlier, the first
 * n for the prompt.
 * @throws GenerationError PICKAPIC_BEST_OF_COUNT, PICKAPIC_MODEL_UNKNOWN, PICKAPIC_GUIDANCE_RANGE, PICKAPIC_GUIDANCE_NONE, PICKAPIC_MODEL_LIMIT,
 * PICKAPIC_BEST_OF_PICTURES
 */
export function planBestOf(n: number, plan: BestOfPlan): PlannedImage[] {
  if (!Number.isInteger(n) || n < 1 || n > LARGEST_N) throw new GenerationError("PICKAPIC_BEST_OF_COUNT", LARGEST_N, n);
  const { model } = findOffer([plan.backend], plan.model);
  if (plan.guidanceScale !== undefined) checkGuidance(model, plan.guidanceScale);
  if (model.perDay && n > model.perDay.images)
    throw new GenerationError("PICKAPIC_MODEL_LIMIT", model.name, model.perDay.reason, n);
  return model.pictures ? earlier(n, model, plan) : drawn(n, model, plan);
}

function drawn(n: number, model: BackendModel, plan: BestOfPlan): PlannedImage[] {
  const templates = [plan.templates, model.templates, [BARE]].find((list) => list !== undefined && list.length > 0) ?? [];
  const seeds = Array.from({ length: Math.ceil(n / templates.length) }, () => drawSeed(plan.random));
  const planned = seeds.flatMap((seed) =>
    templates.map((template) => ({ template: template.name, request: requestOf(model, template, seed, plan) })),
  );
  return planned.slice(0, n);
}

function earlier(n: number, model: BackendModel, plan: BestOfPlan): PlannedImage[] {
  const pictures = model.pictures?.of(plan.prompt.prompt) ?? [];
  if (plan.templates || pictures.length < n)
    throw new GenerationError("PICKAPIC_BEST_OF_PICTURES", model.name, pictures.length, n);
  return pictures
    .slice(0, n)
    .map((picture) => ({ template: BARE.name, request: { ...requestOf(model, BARE, 0, plan), picture } }));
}

function requestOf(
  { name, steps, width, height, guidance = GUIDANCE_RANGE, hasSeed = true, hasNegativePrompt = true }: BackendModel,
  template: PromptTemplate,
  seed: number,
  { prompt: own, guidanceScale }: BestOfPlan,
): GenerationRequest {
  const { prompt, negativePrompt } = applyTemplate(template, own);
  return {
    prompt,
    negativePrompt: hasNegativePrompt ? negativePrompt : null,
    model: name,
    seed: hasSeed ? seed : null,
    guidanceScale: guidance === null ? null : (guidanceScale ?? usualIn(guidance)),
    steps,
    width,
    height,
  };
}

const usualIn = ([low, high]: readonly [number, number]): number =>
  low <= USUAL_GUIDANCE && USUAL_GUIDANCE <= high ? USUAL_GUIDANCE : (low + high) / 2;
