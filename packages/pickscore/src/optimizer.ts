/** @file AdamW on flat arrays: small elementwise graphs, run chunk by chunk, that write in place. */
import { Graph, openSession, type Session, type Value } from "@pickapic/graph";

export interface AdamWSettings {
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
  /** L2 norm over all gradients; 0: no clipping */
  clipNorm: number;
  threads: number;
  spin: boolean;
}

/** What AdamW changes: all flat, of one length, a multiple of the chunk. */
interface AdamWState {
  parameters: Float32Array;
  /** Running mean of the gradients. */
  first: Float32Array;
  /** Running mean of their squares. */
  second: Float32Array;
}

export interface AdamW {
  /** sum += gradients */
  add(sum: Float32Array, gradients: Float32Array): Promise<void>;
  /**
   * Update number `step` (counted from 0). Clips like torch's clip_grad_norm_, decays all parameters as torch's AdamW does.
   * @returns the norm before clipping; when it is not finite nothing is changed
   */
  update(state: AdamWState, gradients: Float32Array, step: number, learningRate: number): Promise<number>;
  close(): Promise<void>;
}

/** Floats per run: four arrays and the intermediate ones stay in a core's cache. Found by bench, see docs/log.md. */
const LARGEST_CHUNK = 1 << 17;

/** The chunk for `count` parameters, a multiple of 16 floats. */
export const chunkFor = (count: number): number => Math.min(LARGEST_CHUNK, Math.ceil(count / 16) * 16);

/** A stretch of the flat parameters and its share of the learning rate. */
export interface RateRange {
  start: number;
  /** Exclusive. */
  end: number;
  share: number;
}

/** Opens the three graphs for arrays that are a multiple of `chunk` long. @param rates rising, where not all parameters have the whole rate */
export async function openAdamW(chunk: number, settings: AdamWSettings, rates?: readonly RateRange[]): Promise<AdamW> {
  const run = { threads: settings.threads || undefined, spin: settings.spin };
  const [adder, squares, updater] = await Promise.all([
    openSession(addGraph(chunk), run),
    openSession(squaresGraph(chunk), run),
    openSession(adamWGraph(chunk, settings, rates !== undefined), run),
  ]);
  const chunks = function* (length: number) {
    for (let start = 0; start < length; start += chunk) yield (array: Float32Array) => array.subarray(start, start + chunk);
  };
  return {
    async add(sum, gradients) {
      for (const part of chunks(sum.length)) await adder.run({ a: part(sum), b: part(gradients) }, { sum: part(sum) });
    },
    async update({ parameters, first, second }, gradients, step, learningRate) {
      const norm = await normOf(gradients, squares, chunks(gradients.length));
      if (!Number.isFinite(norm)) return norm;
      const { decay, ...scalars } = scalarsOf(norm, step, learningRate, settings);
      const shares = new Float32Array(chunk);
      let start = -chunk;
      for (const part of chunks(parameters.length)) {
        start += chunk;
        const more: Record<string, Float32Array> = rates
          ? { shares: fillShares(shares, start, rates), decrease: Float32Array.of(learningRate * settings.weightDecay) }
          : { decay };
        const inPlace = { parameters: part(parameters), first: part(first), second: part(second) };
        await updater.run(
          { p: inPlace.parameters, m: inPlace.first, v: inPlace.second, g: part(gradients), ...scalars, ...more },
          inPlace,
        );
      }
      return norm;
    },
    async close() {
      for (const session of [adder, squares, updater]) await session.close();
    },
  };
}

type Part = (array: Float32Array) => Float32Array;

async function normOf(gradients: Float32Array, squares: Session, parts: Iterable<Part>): Promise<number> {
  let sum = 0;
  for (const part of parts) sum += Number((await squares.run({ x: part(gradients) })).squares![0]);
  return Math.sqrt(sum);
}

type Scalar = "scale" | "decay" | "rate" | "spread";

/** The numbers that change from step to step, as the graph wants them. @param norm before clipping @param share of the learning rate */
export function scalarsOf(
  norm: number,
  step: number,
  learningRate: number,
  settings: AdamWSettings,
  share = 1,
): Record<Scalar, Float32Array> {
  const { beta1, beta2, weightDecay, clipNorm } = settings;
  const scalar = (value: number) => Float32Array.of(value);
  return {
    scale: scalar(clipNorm > 0 ? Math.min(1, clipNorm / (norm + 1e-6)) : 1),
    decay: scalar(1 - share * learningRate * weightDecay),
    rate: scalar((share * learningRate) / (1 - beta1 ** (step + 1))),
    spread: scalar(1 / Math.sqrt(1 - beta2 ** (step + 1))),
  };
}

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
  const first = g.add(g.mul(inputs.m, beta1), g.mul(inputs.g, g.mul(scale, 1 - beta1)));
  const second = g.add(g.mul(inputs.v, beta2), g.mul(g.mul(inputs.g, inputs.g), g.mul(g.mul(scale, scale), 1 - beta2)));
  const direction = g.div(first, g.add(g.sqrt(second), g.div(epsilon, spread)));
  const step = g.mul(direction, g.div(rate, spread));
  return { first, second, parameters: g.sub(g.mul(inputs.p, decay), step) };
}

function adamWGraph(chunk: number, settings: AdamWSettings, shared: boolean): Graph {
  const g = new Graph("adamw");
  const [p, m, v, gradient] = ["p", "m", "v", "g"].map((name) => g.input(name, "float32", [chunk])) as [
    Value,
    Value,
    Value,
    Value,
  ];
  const [scale, rate, spread] = ["scale", "rate", "spread"].map((name) => g.input(name, "float32", [])) as [Value, Value, Value];
  // With shares, both the step and the decay of an element are its share of the usual ones.
  const shares = shared ? g.input("shares", "float32", [chunk]) : null;
  const decay = shares ? g.sub(1, g.mul(shares, g.input("decrease", "float32", []))) : g.input("decay", "float32", []);
  const scalars = { scale, decay, rate: shares ? g.mul(shares, rate) : rate, spread };
  const results = adamW(g, { p, m, v, g: gradient }, scalars, settings);
  for (const [name, value] of Object.entries(results)) g.output(name, value);
  return g;
}

/** The shares of a chunk that starts at `start`; gaps between tensors get 0. */
function fillShares(shares: Float32Array, start: number, rates: readonly RateRange[]): Float32Array {
  shares.fill(0);
  for (const range of rates)
    if (range.end > start && range.start < start + shares.length)
      shares.fill(range.share, Math.max(0, range.start - start), Math.min(shares.length, range.end - start));
  return shares;
}

function addGraph(chunk: number): Graph {
  const g = new Graph("add");
  g.output("sum", g.add(g.input("a", "float32", [chunk]), g.input("b", "float32", [chunk])));
  return g;
}

function squaresGraph(chunk: number): Graph {
  const g = new Graph("squares");
  g.output("squares", g.sumSquare(g.input("x", "float32", [chunk])));
  return g;
}
