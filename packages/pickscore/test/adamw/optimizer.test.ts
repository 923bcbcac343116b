import { mulberry32 } from "@pickapic/chance";
import { expect, test } from "vitest";
import { type Arena, createArena, openAdamW } from "../../src/index.ts";
import { createState } from "../../src/steps/state.ts";

const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.3, clipNorm: 1, threads: 1, spin: false } as const;
const STEPS = 20;
/** More than one piece of what a thread takes at a time, and a last line that is not full. */
const SMALL = new Map([["a", [5]], ["b", [300, 500]], ["c", []]]); // biome-ignore format: a row
/** So many that threads are worth it. */
const LARGE = new Map([["a", [3000, 1500]]]);

type Shapes = ReadonlyMap<string, readonly number[]>;

function openState(shapes: Shapes, random: () => number) {
  const state = createState(shapes);
  draw(state.parameters, random, 1);
  return { state, gradients: createArena(shapes, "gradients") };
}

function draw({ views }: Arena, random: () => number, size: number): void {
  for (const view of views.values()) for (let i = 0; i < view.length; i++) view[i] = size * (random() - 0.5);
}

test("twenty steps over several pieces are AdamW in double precision", () => {
  const random = mulberry32(1);
  const { state, gradients } = openState(SMALL, random);
  const { length } = state.parameters.flat;
  const plain = { p: Float64Array.from(state.parameters.flat), m: new Float64Array(length), v: new Float64Array(length) };
  const optimizer = openAdamW(state, gradients, settings);
  for (let step = 0; step < STEPS; step++) {
    draw(gradients, random, step % 3 === 0 ? 0.002 : 2); // Clipped in two steps of three.
    const norm = optimizer.update(step, 0.01);
    expect(norm / plainAdamW(plain, gradients.flat, step, 0.01, () => 1)).toBeCloseTo(1, 6);
  }
  optimizer.close();
  expect(farthest(state.parameters.flat, plain.p)).toBeLessThan(1e-5);
});

test("a tensor with a share of the learning rate takes that share of the step and of the decay", () => {
  const random = mulberry32(2);
  const { state, gradients } = openState(SMALL, random);
  const { length } = state.parameters.flat;
  const plain = { p: Float64Array.from(state.parameters.flat), m: new Float64Array(length), v: new Float64Array(length) };
  const { b } = Object.fromEntries(gradients.views);
  const start = (b!.byteOffset - gradients.flat.byteOffset) / 4;
  const isOfB = (i: number) => i >= start && i < start + b!.length;
  const optimizer = openAdamW(state, gradients, settings, (name) => (name === "b" ? 0.25 : 1));
  draw(gradients, random, 1);
  optimizer.update(0, 0.01);
  plainAdamW(plain, gradients.flat, 0, 0.01, (i) => (isOfB(i) ? 0.25 : 1));
  optimizer.close();
  expect(farthest(state.parameters.flat, plain.p)).toBeLessThan(1e-6);
});

test("any number of threads gives the same to the bit, and one more does not change what was given", () => {
  const results = [1, 2, 3].map((threads) => {
    const random = mulberry32(3);
    const { state, gradients } = openState(LARGE, random);
    const optimizer = openAdamW(state, gradients, { ...settings, threads });
    draw(gradients, random, 1);
    const norms = Array.from({ length: 30 }, (_, step) => optimizer.update(step, 0.01));
    optimizer.close();
    return { norms, parameters: Buffer.from(state.parameters.memory.buffer) };
  });
  for (const { norms, parameters } of results) {
    expect(norms).toEqual(results[0]!.norms);
    expect(parameters.equals(results[0]!.parameters)).toBe(true);
  }
});

test("gradients are summed in place", () => {
  const { state, gradients } = openState(SMALL, mulberry32(4));
  const part = createArena(SMALL);
  gradients.flat.fill(1.5);
  part.flat.fill(0.5);
  const optimizer = openAdamW(state, gradients, settings);
  optimizer.add(part);
  optimizer.close();
  expect(new Set(gradients.flat)).toEqual(new Set([2]));
});

test("a gradient that is not finite changes nothing", () => {
  const { state, gradients } = openState(SMALL, mulberry32(5));
  const before = Float32Array.from(state.parameters.flat);
  gradients.flat.fill(0.1)[40] = Number.NaN;
  const optimizer = openAdamW(state, gradients, settings);
  expect(optimizer.update(0, 0.01)).toBeNaN();
  optimizer.close();
  expect(state.parameters.flat).toEqual(before);
  expect(new Set(state.expAvg.flat)).toEqual(new Set([0]));
});

/** Largest difference, in units of 1 + |b|. */
function farthest(a: Float32Array, b: Float64Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!) / (1 + Math.abs(b[i]!))), 0);
}

/** Loshchilov and Hutter 2019, written out. @returns the norm before clipping */
function plainAdamW(
  state: { p: Float64Array; m: Float64Array; v: Float64Array },
  gradients: Float32Array,
  step: number,
  learningRate: number,
  shareOf: (i: number) => number,
): number {
  const { beta1, beta2, epsilon, weightDecay, clipNorm } = settings;
  const norm = Math.sqrt(gradients.reduce((sum, g) => sum + g * g, 0));
  const scale = Math.min(1, clipNorm / (norm + 1e-6));
  for (const [i, gradient] of gradients.entries()) {
    const rate = shareOf(i) * learningRate;
    const g = gradient * scale;
    state.m[i] = beta1 * state.m[i]! + (1 - beta1) * g;
    state.v[i] = beta2 * state.v[i]! + (1 - beta2) * g * g;
    const [mean, square] = [state.m[i]! / (1 - beta1 ** (step + 1)), state.v[i]! / (1 - beta2 ** (step + 1))];
    state.p[i] = state.p[i]! * (1 - rate * weightDecay) - (rate * mean) / (Math.sqrt(square) + epsilon);
  }
  return norm;
}
