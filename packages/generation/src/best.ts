/** @file Best of n: generates many images for one prompt, scores them and returns them best first (section 7 of the paper). */

import { drawSeed, type Random } from "@pickapic/chance";
import type { Backend, BackendModel, GeneratedImage, GenerationRequest } from "./backend.ts";
import { findOffer } from "./backend.ts";
import { GenerationError } from "./errors.ts";
import { expectedGain } from "./expectedGain.ts";
import type { ParsedPrompt } from "./prompt.ts";
import type { PromptTemplate } from "./templates.ts";
import { applyTemplate, BARE } from "./templates.ts";

/** Returns one score per encoded image, higher is better, in the order of the images. */
export type ScoreImages = (prompt: string, images: Uint8Array[]) => Promise<readonly number[]>;

/** How far a best-of-n is. `note` names the best image so far. */
export interface BestOfProgress {
  done: number;
  total: number;
  unit: string;
  note: string;
}

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
  /**
   * Stop when one more image is not expected to gain more than this over the best so far, as the probability of being preferred to it beyond one half, above
   * 0 and below 0.5; see `expectedGain`. Default: all n images are made.
   */
  patience?: number;
  signal?: AbortSignal;
  onProgress?: (progress: BestOfProgress) => void;
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
  const planned = seeds.flatMap((seed) =>
    templates.map((template) => ({ template: template.name, request: requestOf(model, template, seed, settings) })),
  );
  return planned.slice(0, n);
}

function requestOf(
  { name, steps, width, height, guidance, hasSeed = true, hasNegativePrompt = true }: BackendModel,
  template: PromptTemplate,
  seed: number,
  settings: Omit<BestOfSettings, "score">,
): GenerationRequest {
  const { prompt, negativePrompt } = applyTemplate(template, settings.prompt);
  return {
    prompt,
    negativePrompt: hasNegativePrompt ? negativePrompt : null,
    model: name,
    seed: hasSeed ? seed : null,
    guidanceScale: guidance === null ? null : (settings.guidanceScale ?? 7.5),
    steps,
    width,
    height,
  };
}

/** The images of a best-of-n. */
export interface BestOf {
  /** Best first; equal scores keep the order in which the images were made. */
  candidates: Candidate[];
  /** How many of the n images were not made, because of `patience`. */
  saved: number;
}

/**
 * Generates up to n images, scores each as it comes, and returns them best first. While an image is scored the next one is made, unless it depends on
 * the score whether there is a next one. Images are scored against the user's own prompt, without the words of a template.
 * @throws GenerationError PICKAPIC_BEST_OF_COUNT, PICKAPIC_BEST_OF_PATIENCE, PICKAPIC_MODEL_UNKNOWN, PICKAPIC_BEST_OF_SCORES
 */
export async function bestOf(n: number, settings: BestOfSettings): Promise<BestOf> {
  const { backend, patience, signal } = settings;
  if (patience !== undefined) checkPatience(patience);
  const planned = planBestOf(n, settings);
  const made: Candidate[] = [];
  const take = async (plan: PlannedImage, image: GeneratedImage) => {
    made.push({ ...plan, image, score: await scoreOf(image, made.length + 1, n, settings) });
    settings.onProgress?.({ done: made.length, total: n, unit: "images", note: `best so far: ${noteOf(bestIn(made))}` });
  };
  let scoring: Promise<void> = Promise.resolve();
  for (const plan of planned) {
    const [image] = await Promise.all([backend.generate(plan.request, { signal }), scoring]);
    signal?.throwIfAborted();
    scoring = take(plan, image);
    // It is awaited with the next image, or below; until then its failure must not count as unhandled.
    scoring.catch(() => {});
    if (patience === undefined) continue;
    await scoring;
    if (isEnough(made, patience)) break;
  }
  await scoring;
  return { candidates: made.sort((a, b) => b.score - a.score), saved: n - made.length };
}

/**
 * Refuses a patience that is no probability of being preferred beyond one half.
 * @throws GenerationError PICKAPIC_BEST_OF_PATIENCE
 */
export function checkPatience(patience: number): void {
  if (!(patience > 0 && patience < 0.5)) throw new GenerationError("PICKAPIC_BEST_OF_PATIENCE", patience);
}

/** Whether one more image is not expected to gain more than `patience` over the best of these. */
export function isEnough(made: readonly Pick<Candidate, "score">[], patience: number): boolean {
  const gain = expectedGain(made.map(({ score }) => score));
  return gain !== null && gain <= patience;
}

const bestIn = (made: readonly Candidate[]): Candidate | undefined =>
  made.reduce<Candidate | undefined>((best, each) => (best && best.score >= each.score ? best : each), undefined);

const noteOf = (best: Candidate | undefined): string => (best ? `${best.score.toFixed(3)} (${best.template})` : "none");

/** Scores one image, the `number`-th of n. */
async function scoreOf(image: GeneratedImage, number: number, n: number, settings: BestOfSettings): Promise<number> {
  const scores = await settings.score(settings.prompt.prompt, [image.bytes]);
  const [score] = scores;
  if (scores.length === 1 && score !== undefined && Number.isFinite(score)) return score;
  const came = scores.length === 1 ? `${score}` : `${scores.length} numbers`;
  throw new GenerationError("PICKAPIC_BEST_OF_SCORES", number, n, came);
}
