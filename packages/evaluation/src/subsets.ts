/** @file The best of n over all subsets of the images that were made, so that one set of images serves for every smaller n. */

/**
 * The probability of each image to be the best of a random subset of n images: [total], the image with the highest score first. The image of rank r, 0 for
 * the best, is it in C(total - 1 - r, n - 1) of the C(total, n) subsets (Nakano et al. 2021, WebGPT, appendix I). The probabilities
 * sum to 1.
 * @param n 1...total
 */
export function bestOfWeights(total: number, n: number): Float64Array {
  if (!Number.isInteger(n) || !Number.isInteger(total) || n < 1 || n > total)
    throw new RangeError(`bestOfWeights: n must be a whole number from 1 to ${total}; got ${n}`);
  const weights = new Float64Array(total);
  let weight = n / total;
  for (let rank = 0; rank <= total - n; rank++) {
    weights[rank] = weight;
    weight *= (total - rank - n) / (total - rank - 1);
  }
  return weights;
}
