/** @file Mixed precision beside float32: close, but rounded; overflow and vanishing gradients; a seed that is divided out again. */
import { expect, test } from "vitest";
import { Graph, gradients, mixedPrecision, openSession, type Session, type Value } from "../src/index.ts";

const [rows, width] = [6, 32];

/** Two layers of attention and normalisation, the mean square of what comes out, and its gradients times a seed. */
function network(): Graph {
  const g = new Graph("network");
  const x = g.input("x", "float32", [rows, width]);
  const names = ["a", "b"];
  const weights = names.map((name) => g.input(name, "float32", [width, width]));
  const [one, zero] = [g.full(1, [width], "float32"), g.full(0, [width], "float32")];
  let y: Value = x;
  for (const w of weights) {
    const normed = g.layerNorm(g.linear(y, w), one, zero, 1e-5);
    const weight = g.softmax(g.fusedMatmul(normed, x, { transB: 1, alpha: width ** -0.5 }));
    y = g.add(y, g.gelu(g.matmul(weight, normed)));
  }
  const loss = g.mean(g.mul(y, y));
  g.output("loss", loss);
  for (const [i, dw] of gradients(g, loss, weights, g.input("seed", "float32", [])).entries()) g.output(`d ${names[i]}`, dw);
  return g;
}

/** Numbers from -size to size: the digits of a sine are as good as random ones, and no row is like another. */
const noise = (length: number, start: number, size: number) =>
  Float32Array.from({ length }, (_, i) => size * (2 * ((1e4 * Math.abs(Math.sin(start + i))) % 1) - 1));
const feeds = (seed: number) => ({
  x: noise(rows * width, 1, 1),
  a: noise(width * width, 1000, 0.3),
  b: noise(width * width, 3000, 0.3),
  seed: Float32Array.of(seed),
});

async function run(g: Graph, seed: number): Promise<{ loss: number; slopes: number[] }> {
  // As it is written: else the processor computes in float32 (see RuntimeOptions).
  const session: Session = await openSession(g, { threads: 1, optimize: false });
  const results = await session.run(feeds(seed));
  await session.close();
  const slopes = ["d a", "d b"].flatMap((name) => [...(results[name] as Float32Array)]);
  return { loss: Number(results.loss![0]), slopes: slopes.map((slope) => slope / seed) };
}

/** |a - b| / |b| */
const distance = (a: readonly number[], b: readonly number[]) =>
  Math.hypot(...a.map((value, i) => value - b[i]!)) / Math.hypot(...b);

test("loss and gradients are those of float32 within the rounding of float16, and are rounded", async () => {
  const [full, mixed] = [await run(network(), 1024), await run(mixedPrecision(network()), 1024)];
  expect(Math.abs(mixed.loss / full.loss - 1)).toBeLessThan(1e-3);
  expect(distance(mixed.slopes, full.slopes)).toBeLessThan(3e-3);
  expect(distance(mixed.slopes, full.slopes)).toBeGreaterThan(1e-5);
});

test("small gradients vanish without a large seed, and too large a seed overflows", async () => {
  const full = await run(network(), 1);
  // As if the loss were so small: float16 has nothing below 6e-8.
  const vanished = await run(mixedPrecision(network()), 1e-6);
  expect(distance(vanished.slopes, full.slopes)).toBeGreaterThan(0.05);
  const over = await run(mixedPrecision(network()), 2 ** 24);
  expect(over.loss).toBeCloseTo(full.loss, 2);
  expect(over.slopes.every(Number.isFinite)).toBe(false);
});

test("only products are in float16; inputs and results stay in float32", () => {
  const g = mixedPrecision(network());
  const lowOps = new Set(g.nodes.filter(({ outputs }) => outputs[0]!.dtype === "float16").map(({ op }) => op));
  expect([...lowOps].sort()).toEqual(["Cast", "Gemm", "Identity", "MatMul", "Transpose"]);
  expect(
    g.nodes.filter(({ op }) => op === "Gemm" || op === "MatMul").every(({ outputs }) => outputs[0]!.dtype === "float16"),
  ).toBe(true);
  expect([...g.inputs, ...g.outputs.map(({ value }) => value)].every(({ dtype }) => dtype === "float32")).toBe(true);
});
