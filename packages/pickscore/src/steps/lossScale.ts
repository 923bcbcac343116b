/** @file Dynamic loss scaling (Micikevicius et al. 2018): the loss is multiplied by a factor so that small gradients are not lost in float16. */

/** The current loss scale. It is saved with a run, because it decides how the next steps round. */
export interface LossScale {
  /** A power of two, at least 1. */
  readonly scale: number;
  /** Steps since the scale changed. */
  readonly good: number;
}

/** The first loss scale, as in torch.amp.GradScaler. */
export const FIRST_SCALE: LossScale = { scale: 2 ** 16, good: 0 };

/** Steps without overflow after which the scale is doubled, as in GradScaler. */
const DOUBLING_STEPS = 2000;
/** The largest scale. Gradients smaller than 2^-24 of the largest do not change a float32 sum, so a larger one gains nothing. */
const LARGEST = 2 ** 24;

/** The loss scale after a step without overflow: doubled after every 2000 of them. */
export function afterGoodStep({ scale, good }: LossScale): LossScale {
  return good + 1 < DOUBLING_STEPS ? { scale, good: good + 1 } : { scale: Math.min(LARGEST, scale * 2), good: 0 };
}

/** Half the loss scale, for another try after an overflow; null when the scale is 1, because then the overflow means that training has diverged. */
export function afterOverflow({ scale }: LossScale): LossScale | null {
  return scale > 1 ? { scale: scale / 2, good: 0 } : null;
}
