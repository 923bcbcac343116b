/** @file The temperature that suits a model before its first step: one number, fitted on pairs that are embedded already. */

import { itemAt } from "@pickapic/errors";
import type { Pair } from "../data/plan.ts";
import { pairLoss, pairWeights } from "../loss.ts";
import type { Embedder } from "../model/embedder.ts";
import { cosinesOf } from "./validate.ts";

/** log T is looked for from T = 1 to T = 100, CLIP's own limit. */
const [LOWEST, HIGHEST] = [0, Math.log(100)];
/** Width of the last bracket, in log T. */
const PRECISION = 1e-3;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * The log T with the least loss on `pairs`, between 0 and log 100. A contrastive loss makes a model far surer than people's choices
 * are: from its T, training would first have to unlearn that, at the expense of all that it knows.
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

/** Where a function with one valley is least, by golden-section search. The loss is convex in T, so it has one valley in log T. */
export function leastAt(f: (x: number) => number, low = LOWEST, high = HIGHEST): number {
  while (high - low > PRECISION) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (f(left) < f(right)) high = right;
    else low = left;
  }
  return (low + high) / 2;
}
