/** @file Typed ONNX graphs: write them, differentiate them, run them. */
export { type ChosenDevice, chooseDevice, type Device, fastestPrecision, type RealDevice, runtimeVersion } from "./devices.ts";
export {
  type DeviceMemory,
  type DeviceSession,
  type DeviceTensor,
  openDeviceMemory,
  openDeviceSession,
} from "./deviceTensors.ts";
export type { TypedArray } from "./dtypes.ts";
export { encodeDynamic, type Sizes } from "./dynamic.ts";
export {
  /** @public For programs that tell errors for the user from bugs. */
  GraphError,
  /** @public For programs that tell errors for the user from bugs. */
  ShapeError,
} from "./errors.ts";
export { gradients } from "./gradients/gradients.ts";
export { Graph, type Operand } from "./graph.ts";
export type { ExternalData, GraphInput, GraphOutput, Initializer, InputRole } from "./graphData.ts";
export { mixedPrecision } from "./mixed.ts";
export { type Network, openNetwork } from "./network.ts";
export type { DType, Node, Op, Ops, Shape, Value } from "./ops.ts";
export { printGraph } from "./print.ts";
export { type Arrays, openSession, type Session, type SessionOptions } from "./session.ts";
export { sizeOf } from "./shapes/axes.ts";
