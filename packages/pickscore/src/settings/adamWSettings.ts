/** @file The settings of AdamW, which every kind of training has: their checks and descriptions stand here once. */
import { number, type Setting, type SettingTable } from "./settingTable.ts";

/** The coefficients of AdamW, as torch.optim.AdamW defines them, and the clipping before it. */
export interface AdamWCoefficients {
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  /** Largest L2 norm of all gradients together; 0: no clipping. */
  clipNorm: number;
}

/** Where a kind of training differs: its default, and the value of its paper. */
type Own = Partial<Record<keyof AdamWCoefficients, Partial<Pick<Setting<number>, "default" | "paper">>>>;

/** The table of these settings. The defaults are those of torch unless `own` has others; clipping is at a norm of 1. */
export const adamWSettings = (own: Own): SettingTable<AdamWCoefficients> => ({
  weightDecay: {
    ...number(0, 1),
    default: 0.01,
    does: "share of each parameter that a step takes away, times the learning rate; on all parameters, as torch's AdamW does",
    ...own.weightDecay,
  },
  beta1: { ...number(0, 0.999999), default: 0.9, does: "how slowly AdamW's mean gradient changes", ...own.beta1 },
  beta2: { ...number(0, 0.999999), default: 0.999, does: "how slowly AdamW's mean squared gradient changes", ...own.beta2 },
  epsilon: { ...number(1e-12, 1), default: 1e-8, does: "added to the root of the mean squared gradient", ...own.epsilon },
  clipNorm: {
    ...number(0, 1e9),
    default: 1,
    does: "largest L2 norm of all gradients together; longer ones are shortened, 0 switches that off",
    ...own.clipNorm,
  },
});
