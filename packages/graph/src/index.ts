/** @file Typed ONNX graphs: write them, differentiate them, run them. */
export { availableDevices, type ChosenDevice, chooseDevice, type Device, fastestPrecision, type RealDevice } from "./devices.ts";
export {
  type DeviceMemory,
  type DeviceSession,
  type DeviceTensor,
  openDeviceMemory,
  openDeviceSession,
} from "./deviceTensors.ts";
export { dtypes, isFloat, type TypedArray, typedArray } from "./dtypes.ts";
export { encodeDynamic, type Sizes } from "./dynamic.ts";
export { GraphError, type GraphErrorCode, graphErrors, ShapeError } from "./errors.ts";
export { gradients } from "./gradients.ts";
export {
  type ExternalData,
  Graph,
  type GraphInput,
  type GraphOutput,
  type Initializer,
  type InputRole,
  type Operand,
} from "./graph.ts";
export { mixedPrecision } from "./mixed.ts";
export { encodeOnnx } from "./onnx.ts";
export type { DType, Node, Op, Ops, Shape, Value } from "./ops.ts";
export { printGraph } from "./print.ts";
export { type Arrays, openSession, type Session, type SessionOptions } from "./session.ts";
export { sizeOf } from "./shapes.ts";
