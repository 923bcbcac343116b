/** @file AdamW as a piece of a graph, for devices that hold the state themselves, and the numbers that change from step to step. */
import type { Graph, Value } from "@pickapic/graph";
import type { AdamWSettings } from "./state.ts";

type Scalar = "scale" | "decay" | "rate" | "spread";

/** The numbers of a step. @param norm before clipping @param share of the learning rate */
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

/** What gradients are multiplied by, as torch's clip_grad_norm_ does. */
export const clippingOf = (norm: number, { clipNorm }: Pick<AdamWSettings, "clipNorm">): number =>
  clipNorm > 0 ? Math.min(1, clipNorm / (norm + 1e-6)) : 1;

/** What AdamW reads of a tensor: the parameter, its two moments and its gradient. */
export type AdamWInputs = Readonly<Record<"p" | "m" | "v" | "g", Value>>;
export type AdamWScalars = Readonly<Record<Scalar, Value>>;

/**
 * Loshchilov and Hutter 2019 as torch.optim.AdamW computes it:
 *   g <- scale g;  m <- b1 m + (1-b1) g;  v <- b2 v + (1-b2) g^2;
 *   p <- decay p - rate m / (spread sqrt(v) + eps),  decay = 1 - lr wd, rate = lr / (1-b1^t), spread = (1-b2^t)^-1/2.
 * Numbers meet numbers before they meet arrays, because each pass over arrays takes as long as any other.
 * Every read of p, m, v lies on the way to its own write, so the writes may go to the same memory.
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
