/** @file AdamW inside a graph, for devices that hold parameters and moments, and the numbers that differ from step to step. */
import type { Graph, Value } from "@pickapic/graph";
import type { AdamWSettings } from "./state.ts";

type Scalar = "scale" | "decay" | "rate" | "spread";

/**
 * The numbers that an update reads besides its tensors.
 * @param norm L2 norm of all gradients before clipping
 * @param step counted from 0
 * @param share factor of the learning rate for the tensors of this update
 */
export function scalarsOf(
  norm: number,
  step: number,
  learningRate: number,
  settings: AdamWSettings,
  share = 1,
): Record<Scalar, Float32Array> {
  const { beta1, beta2, weightDecay } = settings;
  const scalar = (value: number) => Float32Array.of(value);
  return {
    scale: scalar(clippingOf(norm, settings)),
    decay: scalar(1 - share * learningRate * weightDecay),
    rate: scalar((share * learningRate) / (1 - beta1 ** (step + 1))),
    spread: scalar(1 / Math.sqrt(1 - beta2 ** (step + 1))),
  };
}

/** The factor that clips gradients of this norm, as in torch's clip_grad_norm_; 1 when clipNorm is 0. */
export const clippingOf = (norm: number, { clipNorm }: Pick<AdamWSettings, "clipNorm">): number =>
  clipNorm > 0 ? Math.min(1, clipNorm / (norm + 1e-6)) : 1;

/** The values of one tensor that AdamW reads: parameter, expAvg, expAvgSq and gradient. */
export type AdamWInputs = Readonly<Record<"p" | "m" | "v" | "g", Value>>;

/** The scalars of an update as inputs of the graph, each a float32 [1]; `scalarsOf` computes their values. */
export type AdamWScalars = Readonly<Record<Scalar, Value>>;

/**
 * Adds an AdamW update (Loshchilov and Hutter 2019) to a graph, as torch.optim.AdamW computes it:
 *   g <- scale g;  m <- b1 m + (1-b1) g;  v <- b2 v + (1-b2) g^2;
 *   p <- decay p - rate m / (spread sqrt(v) + eps),  decay = 1 - lr wd, rate = lr / (1-b1^t), spread = (1-b2^t)^-1/2.
 * Scalars are combined with each other first, because every operation on a tensor is a pass over its memory.
 * Each new tensor depends on every use of the old one, so a caller may write it over the old one.
 */
export function adamW(
  g: Graph,
  inputs: AdamWInputs,
  scalars: AdamWScalars,
  settings: Pick<AdamWSettings, "beta1" | "beta2" | "epsilon">,
) {
  const { beta1, beta2, epsilon } = settings;
  const { scale, decay, rate, spread } = scalars;
  const expAvg = g.add(g.mul(inputs.m, beta1), g.mul(inputs.g, g.mul(scale, 1 - beta1)));
  const expAvgSq = g.add(g.mul(inputs.v, beta2), g.mul(g.mul(inputs.g, inputs.g), g.mul(g.mul(scale, scale), 1 - beta2)));
  const direction = g.div(expAvg, g.add(g.sqrt(expAvgSq), g.div(epsilon, spread)));
  const step = g.mul(direction, g.div(rate, spread));
  return { expAvg, expAvgSq, parameters: g.sub(g.mul(inputs.p, decay), step) };
}
