/** @file Shape rules: what they refuse, and that ONNX Runtime gives the shapes that they promise. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dtypes } from "../src/dtypes.ts";
import { type Arrays, Graph, type Op, openSession, ShapeError, sizeOf, type Value } from "../src/index.ts";
import { broadcastShapes } from "../src/shapes/axes.ts";
import { cases } from "./cases.ts";

const float = (g: Graph, name: string, shape: number[]): Value => g.input(name, "float32", shape);

/** Graphs that cannot be written, with the sentence that says why. */
const refused: [build: (g: Graph) => unknown, message: string][] = [
  [
    (g) => g.matmul(float(g, "tokens", [8, 77, 512]), float(g, "projection", [768, 1024])),
    "MatMul: columns of the first must equal rows of the second; got tokens [8, 77, 512] and projection [768, 1024]",
  ],
  [
    (g) => g.gemm(float(g, "x", [8, 4]), float(g, "w", [4, 5]), undefined, { transB: 1 }),
    "Gemm: columns of the first must equal rows of the second, the second transposed; got x [8, 4] and w [4, 5]",
  ],
  [
    (g) => g.gemm(float(g, "x", [8, 4]), float(g, "w", [4, 5]), float(g, "bias", [4])),
    "Gemm: the third must broadcast to the product [8, 5]; got bias [4]",
  ],
  [
    (g) => g.gemm(float(g, "x", [2, 8, 4]), float(g, "w", [4, 5])),
    "Gemm: both factors must have 2 axes; got x [2, 8, 4] and w [4, 5]",
  ],
  [(g) => g.matmul(float(g, "a", [4]), float(g, "b", [4, 1])), "MatMul: both must have at least 2 axes; got a [4] and b [4, 1]"],
  [
    (g) => g.fusedMatmul(float(g, "a", [2, 3, 4]), float(g, "b", [3, 4, 5])),
    "FusedMatMul: batch axes must broadcast; got a [2, 3, 4] and b [3, 4, 5]",
  ],
  [
    (g) => g.add(float(g, "a", [2, 3]), float(g, "b", [2])),
    "Add: shapes must broadcast (equal, or 1, from the last axis on); got a [2, 3] and b [2]",
  ],
  [
    (g) => g.mul(float(g, "a", [2]), g.input("b", "float64", [2])),
    "Mul: all inputs must have the same dtype; got a float32 and b float64",
  ],
  [(g) => g.exp(g.input("ids", "int64", [2])), "Exp: the input must be of a float dtype; got ids int64"],
  [(g) => g.softmax(float(g, "x", [2, 3]), 2), "Softmax: axis must be an integer from -2 to 1; got 2"],
  [
    (g) => g.op("ReduceSum", [float(g, "x", [2])], { axes: [0, 0], keepdims: 1 }),
    "ReduceSum: axes must be given once each; got [0, 0]",
  ],
  [(g) => g.reshape(float(g, "x", [2, 3]), [4, 2]), "Reshape: the new shape [4, 2] must hold as many elements; got x [2, 3]"],
  [(g) => g.transpose(float(g, "x", [2, 3]), [0, 0]), "Transpose: perm must name each axis once, got [0, 0]; got x [2, 3]"],
  [(g) => g.expand(float(g, "x", [2, 3]), [2, 4]), "Expand: the input must broadcast to [2, 4]; got x [2, 3]"],
  [(g) => g.slice(float(g, "x", [4]), 0, 3, 3), "Slice: 0 <= start < end <= length must hold along axis 0; got 3, 3 of x [4]"],
  [(g) => g.pad(float(g, "x", [4]), [1]), "Pad: pads must be 2 integers of at least 0: all begins, then all ends; got [1]"],
  [
    (g) => g.concat([float(g, "a", [2, 3]), float(g, "b", [3, 3])], 1),
    "Concat: all axes but axis 1 must be equal; got a [2, 3] and b [3, 3]",
  ],
  [(g) => g.gather(float(g, "x", [4]), float(g, "i", [2])), "Gather: indices must be int64 or int32; got i float32"],
  [
    (g) => g.gatherND(float(g, "x", [4, 5]), g.input("i", "int64", [3, 1]), 1),
    "GatherND: the first 1 axes of data and indices must be equal; got x [4, 5] and i [3, 1]",
  ],
  [
    (g) => g.gatherND(float(g, "x", [4, 5]), g.input("i", "int64", [3, 3])),
    "GatherND: the last axis of the indices must be 1 ... 2; got x [4, 5] and i [3, 3]",
  ],
  [
    (g) => g.layerNorm(float(g, "x", [4, 5]), float(g, "scale", [4]), float(g, "bias", [5]), 1e-5),
    "LayerNormalization: scale and bias must have the normalised axes [5]; got x [4, 5] and scale [4] and bias [5]",
  ],
  [(g) => g.where(float(g, "c", [2]), float(g, "x", [2]), 0), "Where: the condition must be bool; got c float32"],
  [
    (g) =>
      g.op("ScatterElements", [float(g, "x", [4, 5]), g.input("i", "int64", [2, 6]), float(g, "u", [2, 6])], {
        axis: 0,
        reduction: "add",
      }),
    "ScatterElements: indices must lie within data in all axes but axis 0; got x [4, 5] and i [2, 6]",
  ],
];

describe("shape rules", () => {
  test.each(refused.map(([build, message]) => ({ message, build })))("refuse: $message", ({ build, message }) => {
    const error = (() => {
      try {
        build(new Graph("refused"));
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toBeInstanceOf(ShapeError);
    expect(String(error)).toBe(`ShapeError: ${message}`);
  });

  test.each(Object.keys(cases) as Op[])("%s has the shapes that ONNX Runtime gives", async (op) => {
    for (const { shapes, y, low = -1, high = 1 } of cases[op]) {
      const g = new Graph("shapes");
      const inputs = shapes.map((shape, i) => g.input(`x${i}`, "float32", shape));
      y(g, ...inputs);
      const values = g.nodes.map((node) => node.outputs[0]!);
      for (const [i, value] of values.entries()) g.output(`y${i}`, value);
      const session = await openSession(g, { threads: 1 });
      const feeds = inputs.map((x) => [x.name, new Float32Array(sizeOf(x.shape)).fill((low + high) / 2)]);
      // ONNX Runtime refuses to write a result of another shape into an array that was made for this one.
      const results: Arrays = Object.fromEntries(values.map((v, i) => [`y${i}`, new dtypes[v.dtype].array(sizeOf(v.shape))]));
      await session.run(Object.fromEntries(feeds), results);
      await session.close();
    }
  });

  const shape = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 4 });

  test("broadcasting does not depend on the order", () => {
    fc.assert(
      fc.property(shape, shape, (a, b) => {
        expect(broadcastShapes(a, b)).toEqual(broadcastShapes(b, a));
      }),
    );
  });

  test("a shape broadcasts with 1 and with itself to itself", () => {
    fc.assert(
      fc.property(shape, (a) => {
        expect([broadcastShapes(a, []), broadcastShapes(a, a)]).toEqual([a, a]);
      }),
    );
  });
});
