/** @file Ten AdamW steps of a small transformer beside PyTorch's (fixtures/transformer-steps/make.py), with the fused float32 kernels. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { type Arrays, Graph, gradients, openSession, sizeOf, type Value } from "../src/index.ts";

interface Fixture {
  settings: { heads: number; learningRate: number; weightDecay: number };
  ids: number[][];
  end: number[];
  target: number[];
  shapes: Record<string, number[]>;
  start: Record<string, number[]>;
  gradients: Record<string, number[]>;
  losses: number[];
  end_parameters: Record<string, number[]>;
}

const fixture: Fixture = JSON.parse(
  readFileSync(new URL("../../../fixtures/transformer-steps/expected.json", import.meta.url), "utf8"),
);
const { heads, learningRate, weightDecay } = fixture.settings;
const names = Object.keys(fixture.shapes);
const [batch, tokens, width] = [fixture.ids.length, fixture.ids[0]!.length, fixture.shapes["norm.weight"]![0]!];

function attention(g: Graph, p: Record<string, Value>, x: Value, mask: Value, layer: string): Value {
  const size = width / heads;
  const part = (i: number) => {
    const rows = (name: string) => g.slice(p[`${layer}.self_attn.in_proj_${name}`]!, 0, i * width, (i + 1) * width);
    return g.transpose(g.reshape(g.linear(x, rows("weight"), rows("bias")), [batch, tokens, heads, size]), [0, 2, 1, 3]);
  };
  const weights = g.softmax(g.add(g.fusedMatmul(part(0), part(1), { transB: 1, alpha: size ** -0.5 }), mask));
  const mixed = g.reshape(g.transpose(g.matmul(weights, part(2)), [0, 2, 1, 3]), [batch, tokens, width]);
  return g.linear(mixed, p[`${layer}.self_attn.out_proj.weight`]!, p[`${layer}.self_attn.out_proj.bias`]!);
}

function block(g: Graph, p: Record<string, Value>, x: Value, mask: Value, layer: string): Value {
  const linear = (name: string, v: Value) => g.linear(v, p[`${layer}.${name}.weight`]!, p[`${layer}.${name}.bias`]!);
  const norm = (name: string, v: Value) => g.layerNorm(v, p[`${layer}.${name}.weight`]!, p[`${layer}.${name}.bias`]!, 1e-5);
  const y = g.add(x, attention(g, p, norm("norm1", x), mask, layer));
  return g.add(y, linear("linear2", g.gelu(linear("linear1", norm("norm2", y)))));
}

/** Mean cross entropy of the classes at each row's end, and its gradients "d <name>". */
function lossGraph(): Graph {
  const g = new Graph("transformer");
  const p = Object.fromEntries(names.map((name) => [name, g.input(name, "float32", fixture.shapes[name]!)]));
  const ids = g.constant(fixture.ids.flat(), [batch, tokens], "int64");
  const later = Array.from({ length: tokens ** 2 }, (_, i) => (i % tokens > Math.floor(i / tokens) ? -1e9 : 0));
  const mask = g.constant(later, [tokens, tokens], "float32");
  let x = g.gather(p["embedding.weight"]!, ids);
  for (const layer of ["layers.0", "layers.1"]) x = block(g, p, x, mask, layer);
  const last = g.gatherND(
    g.layerNorm(x, p["norm.weight"]!, p["norm.bias"]!, 1e-5),
    g.constant(fixture.end, [batch, 1], "int64"),
    1,
  );
  const classes = g.logSoftmax(g.linear(last, p["head.weight"]!, p["head.bias"]!));
  const loss = g.neg(g.mean(g.gatherND(classes, g.constant(fixture.target, [batch, 1], "int64"), 1)));
  g.output("loss", loss);
  for (const [i, dx] of gradients(
    g,
    loss,
    names.map((name) => p[name]!),
  ).entries())
    g.output(`d ${names[i]}`, dx);
  return g;
}

/** AdamW as in PyTorch: decoupled weight decay, bias-corrected moments, eps 1e-8 outside the root. */
function adamWGraph(size: number): Graph {
  const g = new Graph("adamw");
  const input = (name: string) => g.input(name, "float32", [size]);
  const [p, d, m, v] = [input("p"), input("d"), input("m"), input("v")];
  const [correct1, correct2] = [g.input("correct1", "float32", []), g.input("correct2", "float32", [])];
  const first = g.add(g.mul(m, 0.9), g.mul(d, 0.1));
  const second = g.add(g.mul(v, 0.999), g.mul(g.mul(d, d), 0.001));
  const step = g.div(g.mul(first, correct1), g.add(g.sqrt(g.mul(second, correct2)), 1e-8));
  g.output("p next", g.sub(g.mul(p, 1 - learningRate * weightDecay), g.mul(step, learningRate)));
  g.output("m next", first);
  g.output("v next", second);
  return g;
}

function views(flat: Float32Array, prefix = ""): Arrays {
  let at = 0;
  const list = names.map((name) => {
    const start = at;
    at += sizeOf(fixture.shapes[name]!);
    return [`${prefix}${name}`, flat.subarray(start, at)];
  });
  return Object.fromEntries(list);
}

interface Trained {
  losses: number[];
  firstGradients: Float32Array;
  parameters: Float32Array;
}

async function train(): Promise<Trained> {
  const size = names.reduce((sum, name) => sum + sizeOf(fixture.shapes[name]!), 0);
  const parameters = Float32Array.from(names.flatMap((name) => fixture.start[name]!));
  const [d, m, v] = [new Float32Array(size), new Float32Array(size), new Float32Array(size)];
  const [session, adamW] = [await openSession(lossGraph(), { threads: 1 }), await openSession(adamWGraph(size), { threads: 1 })];
  const loss = new Float32Array(1);
  const trained: Trained = { losses: [], firstGradients: d, parameters };
  for (let t = 1; t <= fixture.losses.length; t++) {
    await session.run(views(parameters), { loss, ...views(d, "d ") });
    if (t === 1) trained.firstGradients = d.slice();
    trained.losses.push(loss[0]!);
    const corrections = { correct1: Float32Array.of(1 / (1 - 0.9 ** t)), correct2: Float32Array.of(1 / (1 - 0.999 ** t)) };
    await adamW.run({ p: parameters, d, m, v, ...corrections }, { "p next": parameters, "m next": m, "v next": v });
  }
  await Promise.all([session.close(), adamW.close()]);
  return trained;
}

let trained: Trained;
beforeAll(async () => {
  trained = await train();
});

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => Math.abs(x - b[i]!)).reduce((most, x) => Math.max(most, x), 0);

test("the first gradients are those of PyTorch", () => {
  expect(
    largestDifference(
      trained.firstGradients,
      names.flatMap((name) => fixture.gradients[name]!),
    ),
  ).toBeLessThan(2e-6);
});

test("ten losses follow PyTorch's", () => {
  expect(largestDifference(trained.losses, fixture.losses)).toBeLessThan(2e-6);
  expect(trained.losses.at(-1)).toBeLessThan(trained.losses[0]! / 2);
});

test("the parameters after ten steps are those of PyTorch", () => {
  const ended = views(trained.parameters) as Record<string, Float32Array>;
  for (const name of names) {
    // The bias of the keys has no influence on a softmax: its gradient is rounding, which Adam divides by rounding.
    const isKeyBias = (i: number) => name.endsWith("in_proj_bias") && i >= width && i < 2 * width;
    const differences = Array.from(ended[name]!, (x, i) => (isKeyBias(i) ? 0 : Math.abs(x - fixture.end_parameters[name]![i]!)));
    expect(Math.max(...differences), name).toBeLessThan(5e-6);
  }
});
