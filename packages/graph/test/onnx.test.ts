/** @file The bytes: what a decoder of the official format reads back. */
import { fromBinary } from "@bufbuild/protobuf";
import { describe, expect, test } from "vitest";
import { Graph } from "../src/index.ts";
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  TensorProto_DataLocation,
} from "../src/onnx/onnx_pb.js";
import { encodeOnnx } from "../src/onnx.ts";

const decode = (g: Graph) => fromBinary(ModelProtoSchema, encodeOnnx(g));

describe("an encoded graph", () => {
  test("says which opsets it uses, and none that it does not", () => {
    const opsets = (g: Graph) => decode(g).opsetImport.map((o) => [o.domain, o.version]);
    const g = new Graph("activation");
    g.output("y", g.quickGelu(g.input("x", "float32", [2])));
    expect(opsets(g)).toEqual([
      ["", 21n],
      ["com.microsoft", 1n],
    ]);
    expect(opsets(new Graph("empty"))).toEqual([["", 21n]]);
  });

  test("has its inputs and outputs with types and shapes", () => {
    const g = new Graph("io");
    g.output("largest", g.argMax(g.input("x", "float64", [2, 3]), 1, false));
    const { graph } = decode(g);
    expect([graph!.input, graph!.output].map((list) => list.map((v) => [v.name, v.type!.value]))).toMatchObject([
      [
        [
          "x",
          { case: "tensorType", value: { elemType: 11, shape: { dim: [{ value: { value: 2n } }, { value: { value: 3n } }] } } },
        ],
      ],
      [["largest", { case: "tensorType", value: { elemType: 7, shape: { dim: [{ value: { value: 2n } }] } } }]],
    ]);
  });

  test("writes attributes with their kinds, and shapes and axes as int64 inputs", () => {
    const g = new Graph("attributes");
    const x = g.input("x", "float32", [2, 4]);
    g.output(
      "y",
      g.sum(
        g.op(
          "ScatterElements",
          [
            g.layerNorm(x, g.full(1, [4], "float32"), g.full(0, [4], "float32"), 1e-5),
            g.constant([0], [1, 1], "int64"),
            g.full(1, [1, 1], "float32"),
          ],
          { axis: 0, reduction: "add" },
        ),
        1,
      ),
    );
    const { graph } = decode(g);
    const attributes = graph!.node.flatMap((n) => n.attribute.map((a) => [n.opType, a.name, a.type]));
    expect(attributes).toEqual([
      ["LayerNormalization", "axis", AttributeType.INT],
      ["LayerNormalization", "epsilon", AttributeType.FLOAT],
      ["ScatterElements", "axis", AttributeType.INT],
      ["ScatterElements", "reduction", AttributeType.STRING],
      ["ReduceSum", "keepdims", AttributeType.INT],
    ]);
    const axes = graph!.initializer.find((t) => t.name === graph!.node.at(-1)!.input[1])!;
    expect([axes.dims, axes.dataType, new BigInt64Array(axes.rawData!.slice().buffer)]).toEqual([[1n], 7, BigInt64Array.of(1n)]);
  });

  test("points at weights in files, and holds those in memory, views included", () => {
    const g = new Graph("weights");
    const inFile = g.initializer("file", "float32", [2], { file: "model.safetensors", offset: 4096, length: 8 });
    const inMemory = g.initializer("memory", "float32", [2], Float32Array.of(0, 1, 2, 3).subarray(1, 3));
    g.output("y", g.add(inFile, inMemory));
    const [file, memory] = decode(g).graph!.initializer;
    expect(file!.dataLocation).toBe(TensorProto_DataLocation.EXTERNAL);
    expect(file!.externalData.map((e) => [e.key, e.value])).toEqual([
      ["location", "model.safetensors"],
      ["offset", "4096"],
      ["length", "8"],
    ]);
    expect(new Float32Array(memory!.rawData!.slice().buffer)).toEqual(Float32Array.of(1, 2));
  });

  test("leaves out what no output needs: nodes, weights, statistics", () => {
    const g = new Graph("live");
    const x = g.input("x", "float32", [2]);
    const ones = g.constant([1, 1], [2], "float32");
    g.initializer("unused", "float32", [1], new Float32Array(1));
    g.exp(x);
    g.output("y", g.layerNorm(x, ones, ones, 1e-5));
    const { graph } = decode(g);
    expect(graph!.node.map((n) => [n.opType, n.output])).toEqual([["LayerNormalization", ["y"]]]);
    expect(graph!.initializer.map((t) => t.name)).toEqual(["const_1"]);
  });

  test("reaches an output that is an input, or a second name, through an Identity", () => {
    const g = new Graph("names");
    const x = g.input("x", "float32", [2]);
    const y = g.exp(x);
    g.output("same", x);
    g.output("first", y);
    g.output("second", y);
    expect(decode(g).graph!.node.map((n) => [n.opType, n.input, n.output])).toEqual([
      ["Exp", ["x"], ["first"]],
      ["Identity", ["x"], ["same"]],
      ["Identity", ["first"], ["second"]],
    ]);
  });
});
