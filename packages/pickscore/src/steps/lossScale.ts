/** @file Dynamic loss scaling (Micikevicius et al. 2018): what the loss is multiplied by so that small gradients survive float16. Pure. */

/** Part of a saved run: it decides how the next steps round. */
export interface LossScale {
  /** A power of two, at least 1. */
  readonly scale: number;
  /** Steps since it changed. */
  readonly good: number;
}

/** As torch.amp.GradScaler starts. */
export const FIRST_SCALE: LossScale = { scale: 2 ** 16, good: 0 };

/** Steps without overflow after which the scale is doubled, as in GradScaler. */
const DOUBLING_STEPS = 2000;
/** Beyond it float32 gains nothing: gradients below 2^-24 of the largest do not change a sum. */
const LARGEST = 2 ** 24;

export function afterGoodStep({ scale, good }: LossScale): LossScale {
  return good + 1 < DOUBLING_STEPS ? { scale, good: good + 1 } : { scale: Math.min(LARGEST, scale * 2), good: 0 };
}

/** Null when the scale cannot be blamed: gradients of a loss that is not scaled up overflow only when training has diverged. */
export function afterOverflow({ scale }: LossScale): LossScale | null {
  return scale > 1 ? { scale: scale / 2, good: 0 } : null;
}
