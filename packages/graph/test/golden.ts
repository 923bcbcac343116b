/** @file The graphs whose text is kept in test/golden: a reviewer reads the derivative in the diff. */
import { Graph, gradients, mixedPrecision, type Value } from "../src/index.ts";

function withGradients(g: Graph, loss: Value, wrt: Record<string, Value>): Graph {
  g.output("loss", loss);
  for (const [i, dx] of gradients(g, loss, Object.values(wrt)).entries()) g.output(`d ${Object.keys(wrt)[i]}`, dx);
  return g;
}

/** Mean squared error of one linear layer. */
function linear(): Graph {
  const g = new Graph("linear");
  const [x, y] = [g.input("x", "float32", [8, 3]), g.input("y", "float32", [8, 2])];
  const [weight, bias] = [g.input("weight", "float32", [2, 3]), g.input("bias", "float32", [2])];
  const error = g.sub(g.linear(x, weight, bias), y);
  return withGradients(g, g.mean(g.mul(error, error)), { weight, bias });
}

/** One head of attention: neither pass copies a transpose. */
function attention(): Graph {
  const g = new Graph("attention");
  const head = (name: string): Value => g.input(name, "float32", [2, 5, 4]);
  const [q, k, v] = [head("q"), head("k"), head("v")];
  const mixed = g.matmul(g.softmax(g.fusedMatmul(q, k, { transB: 1, alpha: 0.5 })), v);
  return withGradients(g, g.sum(mixed), { q, k, v });
}

/** Normalisation, GELU and a residual. */
function block(): Graph {
  const g = new Graph("block");
  const x = g.input("x", "float32", [2, 4]);
  const [scale, bias] = [g.input("scale", "float32", [4]), g.input("bias", "float32", [4])];
  return withGradients(g, g.sum(g.add(x, g.gelu(g.layerNorm(x, scale, bias, 1e-5)))), { x, scale, bias });
}

/** An embedding read at each row's end; equal tokens add up. */
function embedding(): Graph {
  const g = new Graph("embedding");
  const [table, ids] = [g.input("table", "float32", [10, 4]), g.input("ids", "int64", [2, 3])];
  const ends = g.gatherND(g.gather(table, ids), g.input("ends", "int64", [2, 1]), 1);
  return withGradients(g, g.sum(ends), { table });
}

/** Products in float16, the rest in float32, with a seed that keeps small gradients from vanishing. */
function mixed(): Graph {
  const g = new Graph("mixed");
  const x = g.input("x", "float32", [2, 5, 4]);
  const [w, scale] = [g.input("w", "float32", [4, 4]), g.input("scale", "float32", [])];
  const q = g.linear(x, w);
  const mixture = g.matmul(g.softmax(g.fusedMatmul(q, x, { transB: 1, alpha: 0.5 })), x);
  const loss = g.mean(g.mul(mixture, mixture));
  g.output("loss", loss);
  g.output("d w", gradients(g, loss, [w], scale)[0]!);
  return mixedPrecision(g);
}

export const golden: Record<string, () => Graph> = { attention, block, embedding, linear, mixed };
