/** @file What cards are given, run on the processor: every op in a card's words and opset gives the same numbers as in ours. */
import { describe, expect, test } from "vitest";
import { fitToDevice } from "../src/deviceOps.ts";
import { type Arrays, Graph, gradients, type Op, openSession, printGraph, sizeOf } from "../src/index.ts";
import { cardOps } from "./cardOps.ts";
import { cases } from "./cases.ts";
import { attention } from "./deviceCases.ts";

/** All cases of an op with their gradients in one graph. */
function together(op: Op): { graph: Graph; feeds: Arrays } {
  const graph = new Graph(op);
  const feeds: Arrays = {};
  for (const [i, { shapes, y, low = -1, high = 1 }] of cases[op].entries()) {
    const inputs = shapes.map((shape, at) => graph.input(`x${i} ${at}`, "float32", shape));
    for (const x of inputs)
      feeds[x.name] = Float32Array.from(
        { length: sizeOf(x.shape) },
        (_, n) => low + (high - low) * ((0.37 * (n + 1) + 0.11 * i) % 1),
      );
    const result = y(graph, ...inputs);
    graph.output(`y${i}`, result);
    for (const [at, dx] of gradients(graph, graph.sum(result), inputs).entries()) graph.output(`dx${i} ${at}`, dx);
  }
  return { graph, feeds };
}

describe.each(["webgpu", "cuda"] as const)("in the words of %s", (device) => {
  test.each(Object.keys(cases) as Op[])("%s and its gradient are the same", async (op) => {
    const { graph, feeds } = together(op);
    const session = await openSession(graph, { threads: 1 });
    const [expected, results] = [await session.run(feeds), await cardOps(graph, device, feeds)];
    await session.close();
    for (const [name, values] of Object.entries(expected)) {
      const near = Array.from(values as Float32Array, (value) => expect.closeTo(value, 4) as number);
      expect(Array.from(results[name] as Float32Array), name).toEqual(near);
    }
  });
});

test("a graph without what a card lacks is left as it is; else what it lacks is gone", () => {
  const { graph } = attention();
  expect(printGraph(graph)).toMatch(/FusedMatMul|LogSoftmax/);
  expect(printGraph(fitToDevice(graph, "webgpu"))).not.toMatch(/FusedMatMul|LogSoftmax/);
  expect(fitToDevice(graph, "cpu")).toBe(graph);
  expect(fitToDevice(graph, "cuda")).toBe(graph);
});
