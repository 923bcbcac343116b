/** @file The best of images that come one after another: scores them in batches as they arrive, and tells after each batch which are the best so far. */

import { GenerationError } from "../errors.ts";
import { expectedGain } from "./expectedGain.ts";
import { readAhead } from "./readAhead.ts";

/** What a source tells of one image: the image, or why it could not be made. */
export type Arrival<T> = {
  /** Number of the image in its source, from 0. Of two images with equal scores, the one with the lower number is better. */
  index: number;
} & ({ image: T } | { failure: string });

/** An image that a scorer could not score: one sentence that says why. */
export interface Unscored {
  message: string;
}

/** An image with its score: the higher, the better. */
export interface ScoredImage<T> {
  /** Number of the image in its source, from 0. */
  index: number;
  image: T;
  score: number;
}

/** What is known after a batch. */
export interface BestSoFar<T> {
  /** Number of images that have a score. */
  scored: number;
  /** Number of images that could not be made or scored. */
  failed: number;
  /** Why images could not be made or scored: a sentence, and how many images it concerns. */
  failures: ReadonlyMap<string, number>;
  /** The best images, best first: at most `hold`. The others are not held in memory. */
  best: readonly ScoredImage<T>[];
  /** True when the best image is another one than before the batch. */
  isBetter: boolean;
  /** What one more image is expected to gain over the best so far, see `expectedGain`. Null while too few have a score. It is computed when it is read. */
  readonly expectedGain: number | null;
}

/** How images are ranked as they come. */
export interface RankingSettings<T> {
  /** Returns one score per image, the higher the better, or why there is none; in the order of the images. */
  score(images: readonly T[]): Promise<readonly (number | Unscored)[]>;
  /** How many of the best images are held, from 1. */
  hold: number;
  /** Most images that are scored in one call. Default: 8. */
  batch?: number;
  /**
   * Most images that have arrived and have no score yet. The source waits when there are more. 1: the source is asked for the next image when all before have a
   * score and the caller has seen it. Default: two batches, so that one is filled while the other one is scored.
   */
  ahead?: number;
}

/**
 * Ranks images as they come. While a batch is scored, the source goes on. Memory holds the best images and those without a score yet.
 * @throws GenerationError PICKAPIC_BEST_OF_SCORES when the scorer gives another number of scores, or one that is not finite; what the source and the scorer throw
 */
export async function* rankAsTheyCome<T>(
  source: AsyncIterable<Arrival<T>>,
  { score, hold, batch = 8, ahead = 2 * batch }: RankingSettings<T>,
): AsyncGenerator<BestSoFar<T>> {
  const arrivals = readAhead(source, ahead);
  const standing = new Standing<T>(hold);
  try {
    for (;;) {
      const arrived = await arrivals.take(batch);
      if (arrived.length === 0) return;
      const images = arrived.flatMap((each) => ("image" in each ? [each] : []));
      for (const each of arrived) if ("failure" in each) standing.fail(each.failure);
      const scores = images.length === 0 ? [] : await score(images.map(({ image }) => image));
      if (scores.length !== images.length)
        throw new GenerationError("PICKAPIC_BEST_OF_SCORES", images.length, `${scores.length} numbers`);
      for (const [i, { index, image }] of images.entries()) standing.add(index, image, scores[i]);
      yield standing.take();
    }
  } finally {
    arrivals.close();
  }
}

/** The best images so far, and what is known of all. */
class Standing<T> {
  readonly #hold: number;
  readonly #scores: number[] = [];
  #failed = 0;
  readonly #failures = new Map<string, number>();
  #best: readonly ScoredImage<T>[] = [];
  #told: ScoredImage<T> | undefined;

  constructor(hold: number) {
    this.#hold = hold;
  }

  fail(reason: string): void {
    this.#failed++;
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
  }

  add(index: number, image: T, score: number | Unscored | undefined): void {
    if (typeof score === "object") {
      this.fail(score.message);
      return;
    }
    if (score === undefined || !Number.isFinite(score)) throw new GenerationError("PICKAPIC_BEST_OF_SCORES", 1, `${score}`);
    this.#scores.push(score);
    const worse = this.#best.findIndex((each) => each.score < score || (each.score === score && each.index > index));
    const at = worse < 0 ? this.#best.length : worse;
    this.#best = this.#best.toSpliced(at, 0, { index, image, score }).slice(0, this.#hold);
  }

  take(): BestSoFar<T> {
    const [first] = this.#best;
    const isBetter = first !== this.#told;
    this.#told = first;
    const scores = this.#scores;
    const scored = scores.length;
    return {
      scored,
      failed: this.#failed,
      failures: new Map(this.#failures),
      best: this.#best,
      isBetter,
      // It is an integral, which only a caller with a patience needs.
      get expectedGain() {
        return expectedGain(scores.slice(0, scored));
      },
    };
  }
}
