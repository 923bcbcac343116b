import { expect, test } from "vitest";
import { openAdamW, seededRandom } from "../src/index.ts";

const settings = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.3, clipNorm: 1, threads: 1, spin: false } as const;
const [LENGTH, CHUNK, STEPS] = [96, 32, 20];

test("twenty steps over several chunks are AdamW in double precision", async () => {
  const random = seededRandom(1);
  const state = { parameters: drawn(random, 1), first: new Float32Array(LENGTH), second: new Float32Array(LENGTH) };
  const plain = { p: Float64Array.from(state.parameters), m: new Float64Array(LENGTH), v: new Float64Array(LENGTH) };
  const optimizer = await openAdamW(CHUNK, settings);
  for (let step = 0; step < STEPS; step++) {
    const gradients = drawn(random, step % 3 === 0 ? 0.02 : 2); // Clipped in two steps of three.
    const norm = await optimizer.update(state, gradients, step, 0.01);
    expect(norm).toBeCloseTo(plainAdamW(plain, gradients, step, 0.01), 4);
  }
  await optimizer.close();
  for (let i = 0; i < LENGTH; i++) expect(state.parameters[i]).toBeCloseTo(plain.p[i]!, 5);
});

test("gradients are summed in place", async () => {
  const optimizer = await openAdamW(CHUNK, settings);
  const sum = Float32Array.from({ length: LENGTH }, (_, i) => i);
  await optimizer.add(
    sum,
    Float32Array.from({ length: LENGTH }, () => 0.5),
  );
  await optimizer.close();
  expect([...sum]).toEqual(Array.from({ length: LENGTH }, (_, i) => i + 0.5));
});

test("a gradient that is not finite changes nothing", async () => {
  const optimizer = await openAdamW(CHUNK, settings);
  const state = {
    parameters: new Float32Array(LENGTH).fill(1),
    first: new Float32Array(LENGTH),
    second: new Float32Array(LENGTH),
  };
  const gradients = new Float32Array(LENGTH).fill(0.1);
  gradients[40] = Number.NaN;
  expect(await optimizer.update(state, gradients, 0, 0.01)).toBeNaN();
  await optimizer.close();
  expect(new Set(state.parameters)).toEqual(new Set([1]));
  expect(new Set(state.first)).toEqual(new Set([0]));
});

function drawn(random: () => number, size: number): Float32Array {
  return Float32Array.from({ length: LENGTH }, () => size * (random() - 0.5));
}

/** Loshchilov and Hutter 2019, written out. @returns the norm before clipping */
function plainAdamW(
  state: { p: Float64Array; m: Float64Array; v: Float64Array },
  gradients: Float32Array,
  step: number,
  rate: number,
): number {
  const { beta1, beta2, epsilon, weightDecay, clipNorm } = settings;
  const norm = Math.sqrt(gradients.reduce((sum, g) => sum + g * g, 0));
  const scale = Math.min(1, clipNorm / (norm + 1e-6));
  for (let i = 0; i < LENGTH; i++) {
    const g = gradients[i]! * scale;
    state.m[i] = beta1 * state.m[i]! + (1 - beta1) * g;
    state.v[i] = beta2 * state.v[i]! + (1 - beta2) * g * g;
    const [mean, square] = [state.m[i]! / (1 - beta1 ** (step + 1)), state.v[i]! / (1 - beta2 ** (step + 1))];
    state.p[i] = state.p[i]! * (1 - rate * weightDecay) - (rate * mean) / (Math.sqrt(square) + epsilon);
  }
  return norm;
}
