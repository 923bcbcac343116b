/** @file Open axes: the bytes as ONNX Runtime reads them, at sizes that were never written. */
import { fromBinary } from "@bufbuild/protobuf";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { encodeDynamic, Graph } from "../src/index.ts";
import { ModelProtoSchema } from "../src/onnx/onnx_pb.js";

/** Attention of rows over their own tokens, then all pairs of two batches: what a CLIP does with its batches. */
function pairsOf({ left, right }: { left: number; right: number }): Graph {
  const g = new Graph("pairs");
  const embed = (name: string, batch: number) => {
    const x = g.input(name, "float32", [batch, 3, 4]);
    const heads = g.transpose(g.reshape(g.flatten(x), [batch, -1, 2, 2]), [0, 2, 1, 3]);
    const weights = g.softmax(g.fusedMatmul(heads, heads, { transB: 1, alpha: 0.5 }));
    const mixed = g.reshape(g.transpose(g.matmul(weights, heads), [0, 2, 1, 3]), [-1, 4]);
    return g.reshape(g.slice(g.reshape(g.quickGelu(mixed), [batch, 3, 4]), 1, 0, 1), [batch, 4]);
  };
  g.output("products", g.fusedMatmul(embed("l", left), embed("r", right), { transB: 1 }));
  return g;
}

const random = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i));

async function productsOf(bytes: Uint8Array, left: number, right: number): Promise<Tensor> {
  const session = await InferenceSession.create(bytes);
  const feed = (batch: number) => new Tensor("float32", random(batch * 12), [batch, 3, 4]);
  const { products } = await session.run({ l: feed(left), r: feed(right) });
  await session.release();
  return products!;
}

test("a graph written for two sizes runs at any, and equals the one that is written for that size", async () => {
  const open = encodeDynamic(["left", "right"], pairsOf);
  for (const [left, right] of [
    [1, 1],
    [3, 1],
    [7, 17],
  ] as const) {
    // biome-ignore format: pairs
    const { dims, data } = await productsOf(open, left, right);
    expect(dims).toEqual([left, right]);
    const fixed = await productsOf(
      encodeDynamic([], () => pairsOf({ left, right })),
      left,
      right,
    );
    for (const [i, value] of (fixed.data as Float32Array).entries()) expect(data[i]).toBeCloseTo(value, 6);
  }
});

test("open axes have their names, the others their lengths, and no op is ONNX Runtime's own", () => {
  const { graph, opsetImport } = fromBinary(ModelProtoSchema, encodeDynamic(["left", "right"], pairsOf));
  const shape = (value: (typeof graph & object)["input"][number]) =>
    value.type!.value.case === "tensorType" ? value.type!.value.value.shape!.dim.map(({ value: dim }) => dim.value) : [];
  expect(graph!.input.map(shape)).toEqual([
    ["left", 3n, 4n],
    ["right", 3n, 4n],
  ]);
  expect(graph!.output.map(shape)).toEqual([["left", "right"]]);
  expect(opsetImport.map(({ domain }) => domain)).toEqual([""]);
});

test("what cannot be left open is refused by name", () => {
  const attempt = (write: (g: Graph, n: number) => void) => () =>
    encodeDynamic(["n"], ({ n }) => {
      const g = new Graph("refused");
      write(g, n);
      return g;
    });
  const x = (g: Graph, n: number) => g.input("x", "float32", [n, 4]);
  expect(attempt((g, n) => g.output("y", g.add(x(g, n), g.constant(new Float32Array(n), [n, 1], "float32"))))).toThrow(
    /^encodeDynamic: constant const_1 must be the same for every length of n; got \[2, 1\] and \[4, 1\]$/,
  );
  expect(attempt((g, n) => g.output("y", g.add(x(g, n), g.scalar(n, "float32"))))).toThrow(
    /const_1 .* got some numbers and others/,
  );
  expect(attempt((g, n) => g.output("y", g.expand(x(g, 1), [n, 4])))).toThrow(/Expand expand_1 .* got .*\[2,4\].*\[4,4\]/);
  expect(attempt((g, n) => g.output("y", n === 2 ? g.abs(x(g, n)) : g.neg(x(g, n))))).toThrow(/abs_1 .* got Abs and Neg/);
  expect(attempt((g, n) => g.output("y", n === 2 ? x(g, n) : g.neg(x(g, n))))).toThrow(
    /as many inputs, constants and nodes for every length of n/,
  );
  expect(attempt((g, n) => g.output("y", g.reshape(x(g, n), [2 * n, 2])))).toThrow(/got axis 0 of reshape_1 \[4, 2\]/);
  expect(() =>
    encodeDynamic(["a", "b"], ({ a, b }) => {
      const g = new Graph("both");
      const both = g.reshape(g.matmul(g.input("x", "float32", [a, 6, 2]), g.input("y", "float32", [2, b])), [a, 2, 3, b]);
      g.output("y2", both);
      return g;
    }),
  ).toThrow(/Reshape reshape_1 must have one open axis at most; got a and b$/);
});
