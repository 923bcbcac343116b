/** @file Gradients by central differences along a random direction, in float64: the judge of every rule. */

import { mulberry32 } from "@pickapic/chance";
import { gradients } from "../src/gradients/gradients.ts";
import { gradientRules, type Rules } from "../src/gradients/rules.ts";
import { Graph, openSession, type Shape, sizeOf, type Value } from "../src/index.ts";
import { type Replacements, replacements, rewrite } from "../src/rewrite.ts";

/** A function of float64 inputs of some shapes, drawn from `low ... high`. */
export interface Case {
  readonly shapes: readonly Shape[];
  readonly low?: number;
  readonly high?: number;
  readonly y: (g: Graph, ...inputs: Value[]) => Value;
}

/** erf by its Taylor series, exact to 1e-13 for |x| < 2: the runtime has Erf in float32 only. */
const erfSeries: Replacements = {
  ...replacements,
  Erf: (g, [x]) => {
    const square = g.mul(x, x);
    let [power, sum] = [x, x];
    for (let n = 1; n < 45; n++) {
      power = g.mul(g.mul(power, square), -1 / n);
      sum = g.add(sum, g.mul(power, 1 / (2 * n + 1)));
    }
    return [g.mul(sum, 2 / Math.sqrt(Math.PI))];
  },
};

/** The case as a graph: inputs x0, x1 ..., the loss sum(y r) with r = weights, and its gradients d0, d1 .... */
function lossGraph({ shapes, y }: Case, random: () => number, rules: Rules): Graph {
  const g = new Graph("case");
  const inputs = shapes.map((shape, i) => g.input(`x${i}`, "float64", shape));
  const result = y(g, ...inputs);
  const weights = g.constant(Float64Array.from({ length: sizeOf(result.shape) }, random), result.shape, "float64");
  const loss = g.sum(g.mul(result, weights));
  g.output("loss", loss);
  for (const [i, dx] of gradients(g, loss, inputs, undefined, rules).entries()) g.output(`d${i}`, dx);
  return rewrite(rewrite(g, replacements), erfSeries);
}

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Relative distance between the rules' derivative of a random loss along a random direction and its central difference. */
export async function gradientError(c: Case, rules: Rules = gradientRules, seed = 1): Promise<number> {
  const random = mulberry32(seed);
  const { low = -1, high = 1, shapes } = c;
  const session = await openSession(lossGraph(c, random, rules), { threads: 1 });
  const draw = (lo: number, hi: number) =>
    shapes.map((s) => Float64Array.from({ length: sizeOf(s) }, () => lo + (hi - lo) * random()));
  const [x, v] = [draw(low, high), draw(-1, 1)];
  const step = 1e-5;
  const at = (h: number) => session.run(Object.fromEntries(x.map((xi, i) => [`x${i}`, xi.map((n, j) => n + h * v[i]![j]!)])));
  const [before, here, after] = [await at(-step), await at(0), await at(step)];
  await session.close();
  const numeric = ((after.loss![0] as number) - (before.loss![0] as number)) / (2 * step);
  const symbolic = v.reduce((sum, vi, i) => sum + dot(vi, here[`d${i}`] as Float64Array), 0);
  return Math.abs(symbolic - numeric) / Math.max(Math.abs(numeric), 1e-3);
}
