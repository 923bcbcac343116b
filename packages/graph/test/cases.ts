/** @file One line per op: functions that use it, for the tests of its gradient and of its shape. */
import type { Graph, Op, Shape, Value } from "../src/index.ts";
import type { Case } from "./differences.ts";

export const M: Shape = [3, 4];
type Build = Case["y"];

const one = (y: Build, low = -1, high = 1): Case[] => [{ shapes: [M], y, low, high }];
/** Equal shapes, and shapes that broadcast both ways. */
const two = (y: Build, low = -1, high = 1): Case[] => [
  { shapes: [M, M], y, low, high },
  {
    shapes: [
      [2, 1, 4],
      [3, 1],
    ],
    y,
    low,
    high,
  },
  { shapes: [[], M], y, low, high },
];
const int64 = (g: Graph, values: number[], shape: Shape) => g.constant(values, shape, "int64");
/** x times 0 or 1 by an op that has no gradient of its own. */
const masked = (mask: (g: Graph, x: Value) => Value) => one((g, x) => g.mul(x!, g.cast(mask(g, x!), x!.dtype)));
const flags = [0, 1].flatMap((transA) => [0, 1].map((transB) => ({ transA, transB }) as { transA: 0 | 1; transB: 0 | 1 }));
const turned = (rows: number, columns: number, flag: 0 | 1): number[] => (flag ? [columns, rows] : [rows, columns]);

/** The cases of each op; the type makes a forgotten op a compile error. */
export const cases: { readonly [K in Op]: readonly Case[] } = {
  Abs: one((g, x) => g.abs(x!)),
  Add: two((g, a, b) => g.add(a!, b!)),
  ArgMax: masked((g, x) => g.argMax(x, 0)),
  Cast: one((g, x) => g.op("Cast", [x!], { to: x!.dtype })),
  Clip: one((g, x) => g.clip(x!, -0.4, 0.5)),
  Concat: [
    {
      shapes: [
        [2, 3],
        [2, 5],
        [2, 1],
      ],
      y: (g, ...xs) => g.concat(xs, 1),
    },
  ],
  Div: two((g, a, b) => g.div(a!, b!), 0.5, 2),
  Equal: masked((g, x) => g.equal(x, g.reduceMax(x, 1))),
  Erf: one((g, x) => g.erf(x!)),
  Exp: one((g, x) => g.exp(x!)),
  Expand: [{ shapes: [[3, 1]], y: (g, x) => g.expand(x!, [2, 3, 4]) }],
  FusedMatMul: flags.map(({ transA, transB }) => ({
    shapes: [
      [2, ...turned(3, 4, transA)],
      [1, ...turned(4, 5, transB)],
    ],
    y: (g, a, b) => g.fusedMatmul(a!, b!, { transA, transB, alpha: 0.7 }),
  })),
  Gather: [
    { shapes: [[5, 3]], y: (g, x) => g.gather(x!, int64(g, [1, 4, 1, -1], [2, 2])) },
    { shapes: [[2, 5, 3]], y: (g, x) => g.gather(x!, int64(g, [0, 2, 2], [3]), 1) },
    { shapes: [[2, 5]], y: (g, x) => g.gather(x!, int64(g, [3], []), -1) },
  ],
  GatherElements: [
    { shapes: [M], y: (g, x) => g.op("GatherElements", [x!, int64(g, [0, 2, 2, 2, -1, 1], [2, 3])], { axis: 0 }) },
  ],
  GatherND: [
    { shapes: [[2, 5, 3]], y: (g, x) => g.gatherND(x!, int64(g, [4, 0], [2, 1]), 1) },
    { shapes: [[4, 3, 2]], y: (g, x) => g.gatherND(x!, int64(g, [3, 1, -1, 1, 0, 0], [3, 2])) },
    { shapes: [[2, 2, 3]], y: (g, x) => g.gatherND(x!, int64(g, [1, 1, 0, 1, 1, 1, 1, 1], [2, 2, 2]), 1) },
  ],
  Gelu: one((g, x) => g.gelu(x!), -1.9, 1.9),
  Gemm: flags.flatMap(({ transA, transB }) => [
    {
      shapes: [turned(3, 4, transA), turned(4, 5, transB), [5]],
      y: (g, a, b, c) => g.gemm(a!, b!, c!, { transA, transB, alpha: 0.7, beta: 1.3 }),
    },
    { shapes: [turned(3, 4, transA), turned(4, 5, transB)], y: (g, a, b) => g.gemm(a!, b!, undefined, { transA, transB }) },
  ]),
  Greater: masked((g, x) => g.greater(x, 0.1)),
  Identity: one((g, x) => g.identity(x!)),
  LayerNormalization: [
    { shapes: [[2, 3, 5], [5], [5]], y: (g, x, s, b) => g.layerNorm(x!, s!, b!, 1e-5) },
    {
      shapes: [
        [2, 3, 5],
        [3, 5],
        [3, 5],
      ],
      y: (g, x, s, b) => g.op("LayerNormalization", [x!, s!, b!], { axis: 1, epsilon: 1e-2 }),
    },
  ],
  Less: masked((g, x) => g.less(x, 0.1)),
  Log: one((g, x) => g.log(x!), 0.5, 2),
  LogSoftmax: [...one((g, x) => g.logSoftmax(x!)), ...one((g, x) => g.logSoftmax(x!, 0))],
  MatMul: [
    { shapes: [M, [4, 5]], y: (g, a, b) => g.matmul(a!, b!) },
    {
      shapes: [
        [2, 3, 4],
        [4, 5],
      ],
      y: (g, a, b) => g.matmul(a!, b!),
    },
    {
      shapes: [
        [2, 3, 4],
        [2, 4, 5],
      ],
      y: (g, a, b) => g.matmul(a!, b!),
    },
    {
      shapes: [
        [2, 1, 3, 4],
        [3, 4, 5],
      ],
      y: (g, a, b) => g.matmul(a!, b!),
    },
  ],
  MatMulIntegerToFloat: masked((g) =>
    g.op(
      "MatMulIntegerToFloat",
      [
        g.constant([130, 120, 128, 255, 0, 128], [3, 2], "uint8"),
        g.constant([1, -2, 3, -4, 5, 6, -7, 0], [2, 4], "int8"),
        g.scalar(0.5, "float32"),
        g.constant([0.25, 0.5, 1, 2], [4], "float32"),
        g.scalar(128, "uint8"),
      ],
      {},
    ),
  ),
  Max: two((g, a, b) => g.max(a!, b!)),
  Min: two((g, a, b) => g.min(a!, b!)),
  Mod: one((g, x) => g.gather(x!, g.mod(int64(g, [-1, 5], [2]), int64(g, [3], [1])))),
  Mul: two((g, a, b) => g.mul(a!, b!)),
  Neg: one((g, x) => g.neg(x!)),
  Pad: one((g, x) => g.pad(x!, [1, 0, 0, 2])),
  Pow: two((g, a, b) => g.pow(a!, b!), 0.5, 2),
  // The step is wider than the values: a derivative of 0 everywhere.
  QuantizeLinear: masked((g, x) =>
    g.op(
      "QuantizeLinear",
      [g.cast(x, "float32"), g.constant([10, 20, 30], [3], "float32"), g.constant([1, 2, 3], [3], "uint8")],
      { axis: 0 },
    ),
  ),
  QuickGelu: one((g, x) => g.quickGelu(x!), -3, 3),
  // A row is dropped, and two of zeros come in.
  Rearrange: one((g, x) => g.rearrange(x!, int64(g, [2, -1, 0, -1], [4]), int64(g, [2, -1, 0], [3]))),
  Reciprocal: one((g, x) => g.reciprocal(x!), 0.5, 2),
  ReduceMax: [
    ...one((g, x) => g.reduceMax(x!, 1)),
    ...one((g, x) => g.reduceMax(x!, -2, false)),
    ...one((g, x) => g.reduceMax(x!)),
  ],
  ReduceMean: [...one((g, x) => g.mean(x!, 1)), ...one((g, x) => g.mean(x!, -2, false)), ...one((g, x) => g.mean(x!))],
  ReduceSum: [...one((g, x) => g.sum(x!, 1)), ...one((g, x) => g.sum(x!, [0, 1], false)), ...one((g, x) => g.sum(x!))],
  ReduceSumSquare: [...one((g, x) => g.sumSquare(x!, 1)), ...one((g, x) => g.sumSquare(x!, -2, false))],
  Relu: one((g, x) => g.relu(x!)),
  Reshape: one((g, x) => g.reshape(x!, [2, -1])),
  ScatterElements: (["add", "none"] as const).map((reduction) => ({
    shapes: [M, [2, 3]],
    y: (g, x, updates) => g.op("ScatterElements", [x!, int64(g, [0, 2, 1, 1, -2, 0], [2, 3]), updates!], { axis: 0, reduction }),
  })),
  Sigmoid: one((g, x) => g.sigmoid(x!), -3, 3),
  Sign: masked((g, x) => g.sign(x)),
  Slice: [
    ...one((g, x) => g.slice(x!, 1, 1, -1)),
    ...one((g, x) => g.op("Slice", [x!], { axes: [0, -1], starts: [1, 0], ends: [3, 2] })),
  ],
  Softmax: [...one((g, x) => g.softmax(x!)), ...one((g, x) => g.softmax(x!, 0))],
  Sqrt: one((g, x) => g.sqrt(x!), 0.5, 2),
  Sub: two((g, a, b) => g.sub(a!, b!)),
  Tanh: one((g, x) => g.tanh(x!), -3, 3),
  Transpose: [{ shapes: [[2, 3, 4]], y: (g, x) => g.transpose(x!, [2, 0, 1]) }],
  Where: two((g, a, b) => g.where(g.greater(a!, 0.2), a!, b!)),
};
