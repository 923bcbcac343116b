/** @file Each gradient rule against central differences in float64. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gradientRules, type Rules } from "../src/gradients/rules.ts";
import { Graph, gradients, type Op, openSession, type Value } from "../src/index.ts";
import { cases, M } from "./cases.ts";
import { type Case, gradientError } from "./differences.ts";

const listed = Object.entries(cases).flatMap(([op, list]) => list.map((c, i) => ({ op: op as Op, label: `${op} ${i}`, c })));

describe("gradient rules", () => {
  test.each(listed)("$label agrees with central differences", async ({ c }) => {
    expect(await gradientError(c)).toBeLessThan(1e-7);
  });

  test("every op is in the table, and its cases use it", () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(gradientRules).sort());
    for (const { op, c } of listed) {
      const g = new Graph("use");
      c.y(g, ...c.shapes.map((shape, i) => g.input(`x${i}`, "float64", shape)));
      expect(g.nodes.map((node) => node.op)).toContain(op);
    }
  });
});

describe("the checker", () => {
  const scaled: Rules["Mul"] = (g, inputs, y, dy, attributes, statistics) =>
    gradientRules
      .Mul(g, inputs, y, dy, attributes, statistics)
      .map((dx) => dx && g.op("Div", [dx, g.scalar(1 / 1.001, dx.dtype)], {}));

  test("catches a rule that is wrong by 0.1 %", async () => {
    const wrong: Rules = { ...gradientRules, Mul: scaled };
    for (const c of cases.Mul) expect(await gradientError(c, wrong)).toBeGreaterThan(1e-4);
  });

  test("catches a rule that forgets one of its inputs", async () => {
    const wrong: Rules = { ...gradientRules, Sub: (g, [a], _y, dy) => [g.unbroadcast(dy, a), null] };
    expect(await gradientError(cases.Sub[0]!, wrong)).toBeGreaterThan(1e-2);
  });

  test("catches a sum over the wrong axis", async () => {
    const wrong: Rules = { ...gradientRules, Softmax: (g, _x, y, dy) => [g.mul(y, g.sub(dy, g.sum(g.mul(y, dy), 0)))] };
    expect(await gradientError(cases.Softmax[0]!, wrong)).toBeGreaterThan(1e-3);
  });
});

describe("gradients", () => {
  const operations = (g: Graph) => g.nodes.map((node) => node.op);

  test("add up over all uses of a value, in every order of use", async () => {
    const y: Case["y"] = (g, x) => g.mul(g.add(g.mul(x!, x!), g.exp(x!)), g.sub(x!, g.sum(x!, 0)));
    expect(await gradientError({ shapes: [M], y })).toBeLessThan(1e-7);
  });

  test("of gradients are second derivatives", async () => {
    const y: Case["y"] = (g, x) => gradients(g, g.sum(g.tanh(g.mul(x!, x!))), [x!])[0]!;
    expect(await gradientError({ shapes: [M], y })).toBeLessThan(1e-7);
  });

  test("by random compositions of ops agree with central differences", async () => {
    const steps: Record<string, (g: Graph, x: Value, w: Value) => Value> = {
      softmax: (g, x) => g.softmax(x),
      normalise: (g, x) => g.div(x, g.sqrt(g.add(g.sum(g.mul(x, x), -1), 0.1))),
      product: (g, x, w) => g.matmul(x, w),
      scores: (g, x) => g.fusedMatmul(g.fusedMatmul(x, x, { transB: 1 }), x),
      residual: (g, x, w) => g.add(x, g.tanh(g.gemm(x, w, undefined, { transB: 1 }))),
      rows: (g, x) => g.gather(x, g.constant([2, 0, 2], [3], "int64")),
      halves: (g, x) => g.concat([g.slice(x, 1, 2, 4), g.slice(x, 1, 0, 2)], 1),
    };
    const chains = fc.array(fc.constantFrom(...Object.keys(steps)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(chains, fc.integer({ min: 0, max: 1000 }), async (chain, seed) => {
        const y: Case["y"] = (g, x, w) => chain.reduce((v, step) => steps[step]!(g, v, w!), x!);
        expect(await gradientError({ shapes: [M, [4, 4]], y }, gradientRules, seed)).toBeLessThan(1e-6);
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  test("leave out branches that nobody asked for", () => {
    const g = new Graph("pruned");
    const [x, w] = [g.input("x", "float32", [8, 4]), g.input("w", "float32", [3, 4])];
    const loss = g.sum(g.linear(x, w));
    const forward = g.nodes.length;
    gradients(g, loss, [w]);
    const products = operations(g)
      .slice(forward)
      .filter((op) => op === "Gemm");
    expect(products).toHaveLength(1);
  });

  test("are zeros for a value that the loss does not depend on", async () => {
    const g = new Graph("apart");
    const [x, z] = [g.input("x", "float32", [2]), g.input("z", "float32", [3])];
    g.output("dz", gradients(g, g.sum(x), [z])[0]!);
    const session = await openSession(g, { threads: 1 });
    const { dz } = await session.run({ x: new Float32Array(2), z: new Float32Array(3) });
    await session.close();
    expect(dz).toEqual(new Float32Array(3));
  });

  test("need a loss of one element, or a seed", () => {
    const g = new Graph("vector");
    const x = g.input("x", "float32", [2]);
    expect(() => gradients(g, g.exp(x), [x])).toThrow("gradients: the loss must have one element; got exp_1 [2]");
    expect(gradients(g, g.exp(x), [x], g.input("seed", "float32", [2]))).toHaveLength(1);
  });

  test("of products make no transposed copies", () => {
    const g = new Graph("attention");
    const [q, k] = [g.input("q", "float32", [2, 3, 4]), g.input("k", "float32", [2, 5, 4])];
    gradients(g, g.sum(g.softmax(g.fusedMatmul(q, k, { transB: 1 }))), [q, k]);
    expect(operations(g)).not.toContain("Transpose");
  });
});
