/** @file The loss of PickScore (Kirstain et al. 2023, section 3): how far the predicted preference is from the chosen one, as numbers. */

/** Which image was preferred, as the dataset says it: [1, 0], [0, 1], or [0.5, 0.5] for a tie. */
export type Target = readonly [p0: number, p1: number];

/** The probability that image 0 of a pair is preferred: the softmax of the two scores. @param lead score of image 0 minus score of image 1 */
export const preference = (lead: number): number => 1 / (1 + Math.exp(-lead));

/** log(1 + e^x) without overflow. It is the loss, in nats, of a pair whose preferred image scores x below the other one. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** sum_i p_i log p_i, with 0 log 0 = 0. Added to the cross entropy of a target it gives the KL divergence, so that a perfect prediction costs 0. */
const negativeEntropy = (target: Target): number => target.reduce((sum, p) => sum + (p === 0 ? 0 : p * Math.log(p)), 0);

/** KL divergence sum_i p_i (log p_i - log p^_i) of one pair; p^ is the softmax of the two scores. Nats, at least 0. */
export function pairLoss(scores: readonly [number, number], target: Target): number {
  const behind = scores[1] - scores[0];
  return target[0] * softplus(behind) + target[1] * softplus(-behind) + negativeEntropy(target);
}

/**
 * The weight of each pair of one optimizer step: proportional to 1 / num_example_per_prompt, with sum 1 over the whole step. The weights do not
 * depend on how the step is cut into micro-batches.
 */
export function pairWeights(examplesPerPrompt: readonly number[]): number[] {
  const total = examplesPerPrompt.reduce((sum, n) => sum + 1 / n, 0);
  return examplesPerPrompt.map((n) => 1 / n / total);
}
