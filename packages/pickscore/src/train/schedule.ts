/** @file The learning rate of every step, as a function of the step and the settings. */

export interface Schedule {
  learningRate: number;
  warmup: "logarithmic" | "linear" | "none";
  warmupSteps: number;
  /** Whether the schedule is stepped before the optimizer (the default) or after it. */
  warmupOrder?: "before-optimizer" | "after-optimizer";
  /** "late": constant, then linear to 0 over the last quarter of the steps. */
  decay: "linear" | "cosine" | "late" | "none";
  steps: number;
}

/**
 * The learning rate of optimizer step `t`, counted from 0 as torch and DeepSpeed count it.
 *
 * The authors' training code: lr ln(t+1) / ln(warmupSteps) up to `warmupSteps`, then linearly to 0 at `steps`. With the logarithmic
 * warm-up the very first rate is 0; the linear one starts at lr / warmupSteps.
 *
 * "after-optimizer" is what the authors' trainer does with DeepSpeed's WarmupDecayLR: step 0 has the full learning rate of the optimizer, and step t
 * has the rate that the formula gives for t - 1. "before-optimizer", the default, avoids that first step at the full rate, which would be the largest
 * that Adam makes, because both moments come from a single batch.
 */
export function learningRateAt(t: number, schedule: Schedule): number {
  if (schedule.warmupOrder === "after-optimizer") return t === 0 ? schedule.learningRate : scheduled(t - 1, schedule);
  return scheduled(t, schedule);
}

function scheduled(t: number, schedule: Schedule): number {
  const fraction = t < schedule.warmupSteps ? warmup(t, schedule) : decay(t, schedule);
  return schedule.learningRate * fraction;
}

function warmup(t: number, { warmup, warmupSteps }: Schedule): number {
  if (warmup === "logarithmic" && warmupSteps > 1) return Math.log(t + 1) / Math.log(warmupSteps);
  return warmup === "none" ? 1 : (t + 1) / warmupSteps;
}

function decay(t: number, { decay, warmupSteps, steps }: Schedule): number {
  const left = Math.max(0, (steps - t) / Math.max(1, steps - warmupSteps));
  if (decay === "late") return Math.min(1, Math.max(0, (4 * (steps - t)) / steps));
  if (decay === "cosine") return (1 - Math.cos(Math.PI * left)) / 2;
  return decay === "linear" ? left : 1;
}
