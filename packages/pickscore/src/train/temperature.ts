/** @file Fits the temperature of a model to training pairs before the first step, so that its probabilities are as sure as people's choices. */

import { itemAt } from "@pickapic/errors";
import type { Pair } from "../data/plan.ts";
import { pairLoss, pairWeights } from "../loss.ts";
import type { Embedder } from "../model/embedder.ts";
import { cosinesOf } from "./validate.ts";

/** The search interval of log T: from T = 1 to T = 100, CLIP's own limit. */
const [LOWEST, HIGHEST] = [0, Math.log(100)];
/** The search ends when its interval of log T is this narrow. */
const PRECISION = 1e-3;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The log T between 0 and log 100 with the least loss on `pairs`. Contrastive training makes a model far surer than people's choices are. With its own
 * T, the first steps would have to correct that, and would damage the other parameters.
 */
export async function fitLogitScale(pairs: readonly Pair[], embedder: Embedder): Promise<number> {
  const cosines = await cosinesOf(pairs, embedder);
  const weights = pairWeights(pairs.map(({ examplesPerPrompt }) => examplesPerPrompt));
  return leastAt((logScale) => {
    const scale = Math.exp(logScale);
    return pairs.reduce((sum, { target }, i) => {
      const { cosine0, cosine1 } = itemAt(cosines, i);
      return sum + itemAt(weights, i) * pairLoss([scale * cosine0, scale * cosine1], target);
    }, 0);
  });
}

/** The minimum of a function with a single local minimum, by golden-section search. The loss is convex in T, so it has only one in log T. */
export function leastAt(f: (x: number) => number, low = LOWEST, high = HIGHEST): number {
  while (high - low > PRECISION) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (f(left) < f(right)) high = right;
    else low = left;
  }
  return (low + high) / 2;
}
