/** @file Best of n: generates many images for one prompt, scores them and returns them best first (section 7 of the paper). */

import { drawSeed, type Random } from "@pickapic/chance";
import type { Backend, GeneratedImage, GenerationRequest } from "./backend.ts";
import { findOffer } from "./backend.ts";
import { GenerationError } from "./errors.ts";
import type { ParsedPrompt } from "./prompt.ts";

import type { PromptTemplate } from "./templates.ts";
import { applyTemplate, BARE } from "./templates.ts";

/** Returns one score per encoded image, higher is better, in the order of the images. */
export type ScoreImages = (prompt: string, images: Uint8Array[]) => Promise<readonly number[]>;

/** What is generated for a best-of-n, and who scores it. `random` draws the seeds of the images. */
export interface BestOfSettings {
  prompt: ParsedPrompt;
  backend: Backend;
  /** Name of one of the backend's models. */
  model: string;
  random: Random;
  score: ScoreImages;
  /** Guidance scale of every image. Default 7.5, as in the paper. */
  guidanceScale?: number;
  /** Each seed is used once per template. Default: the bare prompt alone. */
  templates?: readonly PromptTemplate[];
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number; unit: string; note?: string }) => void;
}

/** A request of a best-of-n, with the name of the template that its prompt was made with. */
export interface PlannedImage {
  template: string;
  request: GenerationRequest;
}

/** An image of a best-of-n with its score: the higher, the better. */
export interface Candidate extends PlannedImage {
  image: GeneratedImage;
  score: number;
}

/** A larger n is taken for a typing error. */
const LARGEST_N = 10_000;

/**
 * Plans the requests of a best-of-n: all templates with a first seed, all with a second, and so on until there are n.
 * @throws GenerationError PICKAPIC_BEST_OF_COUNT, PICKAPIC_MODEL_UNKNOWN
 */
export function planBestOf(n: number, settings: Omit<BestOfSettings, "score">): PlannedImage[] {
  if (!Number.isInteger(n) || n < 1 || n > LARGEST_N) throw new GenerationError("PICKAPIC_BEST_OF_COUNT", LARGEST_N, n);
  const { model } = findOffer([settings.backend], settings.model);
  const templates = settings.templates?.length ? settings.templates : [BARE];
  const seeds = Array.from({ length: Math.ceil(n / templates.length) }, () => drawSeed(settings.random));
  const { steps, width, height, name } = model;
  const guidanceScale = settings.guidanceScale ?? 7.5;
  const planned = seeds.flatMap((seed) =>
    templates.map((template) => ({
      template: template.name,
      request: { ...applyTemplate(template, settings.prompt), model: name, seed, guidanceScale, steps, width, height },
    })),
  );
  return planned.slice(0, n);
}

/**
 * Generates n images and returns all of them, best first; equal scores keep their order. Images are scored against the user's own
 * prompt, without the words of a template.
 * @throws GenerationError PICKAPIC_BEST_OF_COUNT, PICKAPIC_MODEL_UNKNOWN, PICKAPIC_BEST_OF_SCORES
 */
export async function bestOf(n: number, settings: BestOfSettings): Promise<Candidate[]> {
  const planned = planBestOf(n, settings);
  const images: GeneratedImage[] = [];
  for (const { request, template } of planned) {
    settings.signal?.throwIfAborted();
    images.push(await settings.backend.generate(request, { signal: settings.signal }));
    settings.onProgress?.({ done: images.length, total: n, unit: "images", note: template });
  }
  const bytes = images.map((image) => image.bytes);
  const scores = checkScores(await settings.score(settings.prompt.prompt, bytes), n);
  const candidates = planned.map((plan, i) => ({ ...plan, image: images[i]!, score: scores[i]! }));
  return candidates.sort((a, b) => b.score - a.score);
}

function checkScores(scores: readonly number[], n: number): readonly number[] {
  if (scores.length === n && scores.every((score) => Number.isFinite(score))) return scores;
  throw new GenerationError("PICKAPIC_BEST_OF_SCORES", n, scores.length, scores.filter(Number.isFinite).length);
}
