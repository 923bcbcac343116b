/** @file Ranked entries: a model takes part a second time under a name of its own, as the best of n of its images, so that people's choices measure what ranking gains. */

import { type Random, seeded } from "@pickapic/chance";
import { type Backend, type BackendModel, findOffer, type GenerationRequest, type RankedEntry } from "../backend.ts";
import { drawRequest } from "../request.ts";
import { applyTemplate, BARE, type PromptTemplate } from "../templates.ts";
import type { PlannedImage } from "./plan.ts";

/** The least and the most images of which a ranked entry shows the best. */
export const RANKED_IMAGES = { least: 2, most: 100 } as const;

/** How a model takes part a second time. */
export interface RankedOptions extends Omit<RankedEntry, "base"> {
  /** Name of the entry. Default: that of the model and "(best of n)". */
  name?: string;
  /** How often the entry is drawn, relative to the other models. Default: 1. */
  weight?: number;
}

/** Returns the ranked entry of a model. Settings and limits are those of the model, but for its templates, which each of the n images gets anew. */
export function rankedModel(base: BackendModel, { name, weight = 1, ...picked }: RankedOptions): BackendModel {
  const { templates: _ofEachImage, title, ...settings } = base;
  const suffix = ` (best of ${picked.n})`;
  return {
    ...settings,
    name: name ?? base.name + suffix,
    ...(title !== undefined && name === undefined && { title: title + suffix }),
    weight,
    ranked: { base: base.name, ...picked },
  };
}

/** Returns the backend with a ranked entry beside each of its models. */
export function withRanked(backend: Backend, options: RankedOptions): Backend {
  return { ...backend, models: backend.models.flatMap((model) => [model, rankedModel(model, options)]) };
}

/** Returns the backend without its ranked entries, for a caller that picks no images. */
export function withoutRanked(backend: Backend): Backend {
  return { ...backend, models: backend.models.filter(({ ranked }) => !ranked) };
}

/**
 * Plans the n images of one request to a ranked entry. Each is drawn as the other images of its model are, so that the pick is the only
 * difference between the two: the first with the request's own seed and guidance scale, the others with new ones. They follow from the seed of
 * the request where it has one, so that the same request gives the same images.
 * @param backend offers the model that makes the images
 * @param random draws the others where the request has no seed
 * @throws GenerationError PICKAPIC_MODEL_UNKNOWN
 */
export function planRanked(request: GenerationRequest, backend: Backend, entry: RankedEntry, random: Random): PlannedImage[] {
  const { model } = findOffer([backend], entry.base);
  const draw = request.seed === null ? random : seeded("ranked", request.seed);
  const asked = { prompt: request.prompt, negativePrompt: request.negativePrompt ?? "" };
  const bare = [{ ...backend, models: [{ ...model, weight: 1, templates: [] }] }];
  return Array.from({ length: entry.n }, (_, i) => {
    const template = templateOf(i, entry, model, draw);
    const drawn = drawRequest(applyTemplate(template, asked), bare, draw);
    const { seed, guidanceScale } = i === 0 ? request : drawn;
    return { template: template.name, request: { ...drawn, seed, guidanceScale } };
  });
}

function templateOf(
  i: number,
  { templates: inTurn = [] }: RankedEntry,
  { templates: drawn = [] }: BackendModel,
  draw: Random,
): PromptTemplate {
  return inTurn[i % inTurn.length] ?? drawn[Math.floor(draw() * drawn.length)] ?? BARE;
}
