/** @file Best of n: generates many images for one prompt, scores them as they come and returns the best first (section 7 of the paper). */

import { GenerationError } from "../errors.ts";
import { type BestSoFar, rankAsTheyCome, type Unscored } from "./bestSoFar.ts";
import { expectedGain } from "./expectedGain.ts";
import { generateMany, type MadeImage, type ManySettings } from "./generateMany.ts";
import { type BestOfPlan, planBestOf } from "./plan.ts";

/** Returns one score per encoded image, higher is better, or why there is none; in the order of the images. */
export type ScoreImages = (prompt: string, images: Uint8Array[]) => Promise<readonly (number | Unscored)[]>;

/** What is generated for a best-of-n, who scores it, and when it ends. */
export interface BestOfSettings extends BestOfPlan, Pick<ManySettings, "signal" | "pause" | "now"> {
  score: ScoreImages;
  /** How many of the best images are held and returned, from 1. Default: all n. */
  hold?: number | undefined;
  /**
   * Start no further image when one more is not expected to gain more than this over the best so far, as the probability of being preferred to it beyond one
   * half, above 0 and below 0.5; see `expectedGain`. Default: all n images are made.
   */
  patience?: number | undefined;
  /** Called after each batch that was scored. */
  onProgress?: ((progress: BestSoFar<MadeImage>) => void) | undefined;
}

/** An image of a best-of-n with its score: the higher, the better. */
export interface Candidate extends MadeImage {
  score: number;
}

/** The images of a best-of-n. */
export interface BestOf {
  /** Best first, at most `hold`; equal scores keep the order in which the images were planned. */
  candidates: Candidate[];
  /** Number of images that have a score. */
  scored: number;
  /** Why images could not be made or scored: a sentence, and how many images it concerns. */
  failures: ReadonlyMap<string, number>;
  /** How many of the n images were not started because of `patience`. */
  saved: number;
  /** How many of the n images were not started because too many failed in a row. */
  untried: number;
}

/**
 * Generates up to n images, as many at the same time as the backend makes, scores them as they come, and returns the best first. With `patience`, an image that has
 * come is scored before the next one is started, because its score decides whether there is a next one. Images that are in progress at that time are finished and count.
 * An image that cannot be made or scored does not end the others. Images are scored against the user's own prompt, without the words of a template.
 * @throws GenerationError PICKAPIC_BEST_OF_PATIENCE and those of `planBestOf` before an image is made; PICKAPIC_BEST_OF_SCORES; PICKAPIC_BEST_OF_NONE
 * when no image could be made and scored; the reason of the signal when it is aborted
 */
export async function bestOf(n: number, settings: BestOfSettings): Promise<BestOf> {
  const { backend, prompt, score, patience, signal, pause, now, hold = n, onProgress } = settings;
  if (patience !== undefined) checkPatience(patience);
  const planned = planBestOf(n, settings);
  const ended = new AbortController();
  const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
  let last: BestSoFar<MadeImage> | undefined;
  const isEnough = () => patience !== undefined && isGainBelow(last?.expectedGain ?? null, patience);
  const source = generateMany(planned, { backend, signal: either, isEnough, pause, now });
  const ranking = {
    score: (made: readonly MadeImage[]) =>
      score(
        prompt.prompt,
        made.map(({ image }) => image.bytes),
      ),
    hold,
    ...(patience !== undefined && { batch: 1, ahead: 1 }),
  };
  try {
    for await (last of rankAsTheyCome(source, ranking)) {
      onProgress?.(last);
      signal?.throwIfAborted();
    }
  } finally {
    // When the scorer fails, images that are under way are not wanted any more.
    ended.abort();
  }
  return outcome(n, isEnough(), last);
}

function outcome(n: number, isEnough: boolean, last: BestSoFar<MadeImage> | undefined): BestOf {
  const { best, scored, failed, failures } = last ?? { best: [], scored: 0, failed: 0, failures: new Map<string, number>() };
  if (scored === 0) throw new GenerationError("PICKAPIC_BEST_OF_NONE", failed, reasonsText(failures));
  const left = n - scored - failed;
  const candidates = best.map(({ image, score }) => ({ ...image, score }));
  return { candidates, scored, failures, saved: isEnough ? left : 0, untried: isEnough ? 0 : left };
}

/** Says why images failed: each reason, and after it how many images it concerns where there is more than one. */
export function reasonsText(failures: ReadonlyMap<string, number>): string {
  return [...failures].map(([reason, count]) => (count === 1 ? reason : `${reason} (${count} images)`)).join(" ");
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
  return isGainBelow(expectedGain(made.map(({ score }) => score)), patience);
}

/** Whether an expected gain is known and not above `patience`. */
export const isGainBelow = (gain: number | null, patience: number): boolean => gain !== null && gain <= patience;
