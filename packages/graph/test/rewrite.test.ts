/** @file Replacements: in float64 they give what the fused float32 kernels give. */
import { expect, test } from "vitest";
import { type Arrays, type DType, Graph, type Op, openSession, sizeOf } from "../src/index.ts";
import { replacements, rewrite } from "../src/rewrite.ts";
import { cases } from "./cases.ts";

/** ONNX Runtime has no Erf in float64 to replace Gelu with; its derivative is checked in gradients.test.ts. */
const replaced = (Object.keys(replacements) as Op[]).filter((op) => op !== "Gelu");
const runs = replaced.flatMap((op) => cases[op].map((c, i) => ({ label: `${op} ${i}`, c })));

test.each(runs)("$label is the same in float64 as in float32", async ({ c }) => {
  const results: number[][] = [];
  for (const dtype of ["float32", "float64"] satisfies DType[]) {
    const g = new Graph("same");
    const inputs = c.shapes.map((shape, i) => g.input(`x${i}`, dtype, shape));
    g.output("y", g.cast(c.y(g, ...inputs), "float64"));
    const session = await openSession(g, { threads: 1 });
    const numbers = (size: number) => Array.from({ length: size }, (_, i) => Math.sin(3 * i + 1));
    const array = dtype === "float32" ? Float32Array : Float64Array;
    const feeds: Arrays = Object.fromEntries(inputs.map((x) => [x.name, array.from(numbers(sizeOf(x.shape)))]));
    results.push(Array.from((await session.run(feeds)).y as Float64Array));
    await session.close();
  }
  for (const [i, y] of results[0]!.entries()) expect(y).toBeCloseTo(results[1]![i]!, 5);
});

test("a float32 graph is left as it is", () => {
  const g = new Graph("left");
  g.output("y", g.gelu(g.input("x", "float32", [2])));
  expect(rewrite(g)).toBe(g);
});
