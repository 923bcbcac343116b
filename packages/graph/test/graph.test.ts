/** @file The builder: names, constants, and the methods that stand for more than one op. */
import { describe, expect, test } from "vitest";
import { fitToDevice } from "../src/deviceOps.ts";
import { type Arrays, Graph, mixedPrecision, openSession, printGraph, ShapeError, type Value } from "../src/index.ts";

/** Result of a small graph on fed float32 vectors. */
async function evaluate(build: (g: Graph, x: Value) => Value, x: number[], shape = [x.length]): Promise<number[]> {
  const g = new Graph("evaluate");
  g.output("y", g.identity(build(g, g.input("x", "float32", shape))));
  const session = await openSession(g, { threads: 1 });
  const results: Arrays = await session.run({ x: Float32Array.from(x) });
  await session.close();
  return Array.from(results.y as Float32Array);
}

describe("names", () => {
  const taken = (build: (g: Graph) => void) => {
    const g = new Graph("names");
    g.input("x", "float32", [2]);
    return () => build(g);
  };

  test.each<[string, (g: Graph) => void, string]>([
    ["input", (g) => g.input("x", "float32", [2]), "value: the name x is taken in graph names"],
    ["node", (g) => g.op("Exp", [g.inputs[0]!], {}, "x"), "value: the name x is taken in graph names"],
    ["output", (g) => g.output("x", g.exp(g.inputs[0]!)), "output: the name x is taken in graph names"],
    ["output that is this input", (g) => g.output("x", g.inputs[0]!), "output: the name x is taken in graph names"],
  ])("of an %s may not be taken", (_what, build, message) => {
    expect(taken(build)).toThrow(new ShapeError(message));
  });

  test("made up by the graph step aside for given ones", () => {
    const g = new Graph("names");
    const x = g.input("exp_1", "float32", [2]);
    const first = g.exp(x);
    g.output("exp_3", first);
    expect([first.name, g.exp(x).name]).toEqual(["exp_2", "exp_4"]);
  });
});

describe("values", () => {
  test.each([[[0]], [[-1]], [[1.5]]])("have axes of at least one element: %j", (shape) => {
    expect(() => new Graph("axes").input("x", "float32", shape)).toThrow("value: axes of x must be integers of at least 1");
  });

  test("equal small constants are one value", () => {
    const g = new Graph("constants");
    const list = [g.scalar(2, "float32"), g.scalar(2, "float64"), g.constant([2], [1], "float32"), g.scalar(2, "float32")];
    expect(list.map((v) => v.name)).toEqual(["const_1", "const_2", "const_3", "const_1"]);
  });

  test("initializers have as many bytes as their shape", () => {
    const g = new Graph("bytes");
    const message = "initializer: w float32 [2, 3] must have 24 bytes; got 20";
    expect(() => g.initializer("w", "float32", [2, 3], new Float32Array(5))).toThrow(new ShapeError(message));
    expect(() => g.initializer("w", "float32", [2, 3], { file: "w", offset: 0, length: 20 })).toThrow(new ShapeError(message));
  });

  test("a number needs a value beside it", () => {
    expect(() => new Graph("numbers").add(1, 2)).toThrow("operands: one of two must be a value; got 1 and 2");
  });
});

describe("methods", () => {
  test("take numbers on either side", async () => {
    expect(await evaluate((g, x) => g.sub(1, g.div(x, 2)), [2, 4])).toEqual([0, -1]);
  });

  test("sum, mean and largest keep the axis unless told otherwise, and without axes give a scalar", async () => {
    const x = [1, 2, 3, 4, 5, 6];
    expect(await evaluate((g, v) => g.sub(v, g.mean(v, 1)), x, [2, 3])).toEqual([-1, 0, 1, -1, 0, 1]);
    expect(await evaluate((g, v) => g.sum(v, [0, 1], false), x, [2, 3])).toEqual([21]);
    expect(await evaluate((g, v) => g.reduceMax(v), x, [2, 3])).toEqual([6]);
    const g = new Graph("scalar");
    const v = g.input("x", "float32", [2, 3]);
    expect([g.sum(v).shape, g.sum(v, 0).shape, g.sum(v, 0, false).shape]).toEqual([[], [1, 3], [3]]);
  });

  test("linear is PyTorch's: weight [out, in], any number of leading axes", async () => {
    const y = await evaluate(
      (g, x) => g.linear(x, g.constant([1, 10, 2, 20, 3, 30], [3, 2], "float32"), g.constant([0, 0, 1], [3], "float32")),
      [1, 2, 3, 4],
      [1, 2, 2],
    );
    expect(y).toEqual([21, 42, 64, 43, 86, 130]);
  });

  test("slice counts negative bounds from the end", async () => {
    expect(await evaluate((g, x) => g.slice(x, 0, -3, -1), [1, 2, 3, 4])).toEqual([2, 3]);
  });

  test("reshape works out one axis", () => {
    const g = new Graph("reshape");
    expect(g.reshape(g.input("x", "float32", [2, 3, 4]), [-1, 6]).shape).toEqual([4, 6]);
  });

  test("what changes nothing adds no node", () => {
    const g = new Graph("same");
    const x = g.input("x", "float32", [2, 3]);
    expect([g.reshape(x, [2, 3]), g.cast(x, "float32"), g.expand(x, [2, 3]), g.concat([x], 0), g.unbroadcast(x, x)]).toEqual([
      x,
      x,
      x,
      x,
      x,
    ]);
    expect(printGraph(g)).toBe("graph same {\n  input x: float32[2, 3]\n}\n");
  });

  test("GELU is the exact one, quick GELU that of OpenAI's CLIP", async () => {
    // scipy 1.17.1: x * norm.cdf(x); numpy 2.4.6: x / (1 + exp(-1.702 x))
    const [exact, quick] = [
      await evaluate((g, x) => g.gelu(x), [-1, 0.5, 2]),
      await evaluate((g, x) => g.quickGelu(x), [-1, 0.5, 2]),
    ];
    for (const [i, y] of [-0.15865525393145707, 0.34573123063700656, 1.9544997361036416].entries())
      expect(exact[i]).toBeCloseTo(y, 6);
    for (const [i, y] of [-0.15420423, 0.35038844, 1.93565862].entries()) expect(quick[i]).toBeCloseTo(y, 6);
  });
});

test("an input says what it is, and stays it in graphs that are made of its graph", () => {
  const g = new Graph("roles");
  const [x, w] = [g.input("x", "float32", [2, 2]), g.input("w", "float32", [2, 2], "parameter")];
  const sum = g.input("sum", "float32", [], "sum");
  g.output("y", g.add(sum, g.sum(g.gelu(g.fusedMatmul(x, w, { transB: 1 })))));
  const roles = ({ inputs }: Graph) => inputs.map(({ name, role }) => `${name}: ${role}`);
  const expected = ["x: data", "w: parameter", "sum: sum"];
  expect(roles(g)).toEqual(expected);
  expect(roles(mixedPrecision(g))).toEqual(expected);
  expect(roles(fitToDevice(g, "webgpu"))).toEqual(expected);
});
