/** @file The typed array of each dtype, and its number in the ONNX format. */
import type { DType } from "./ops.ts";

/** float16 is passed as its bits (Uint16Array), bool as bytes 0 and 1 (Uint8Array). */
export type TypedArray = Float32Array | Float64Array | Uint16Array | BigInt64Array | Int32Array | Uint8Array | Int8Array;

interface DTypeInfo {
  readonly bytes: number;
  /** TensorProto.DataType of onnx.proto. */
  readonly onnx: number;
  readonly array: { new (length: number): TypedArray; new (buffer: ArrayBuffer): TypedArray };
}

/** Of each dtype: bytes per element, its number in the ONNX format, and the typed array that holds its elements. */
export const dtypes: { readonly [K in DType]: DTypeInfo } = {
  float32: { bytes: 4, onnx: 1, array: Float32Array },
  uint8: { bytes: 1, onnx: 2, array: Uint8Array },
  int8: { bytes: 1, onnx: 3, array: Int8Array },
  int32: { bytes: 4, onnx: 6, array: Int32Array },
  int64: { bytes: 8, onnx: 7, array: BigInt64Array },
  bool: { bytes: 1, onnx: 9, array: Uint8Array },
  float16: { bytes: 2, onnx: 10, array: Uint16Array },
  float64: { bytes: 8, onnx: 11, array: Float64Array },
};

/** Whether a dtype is float16, float32 or float64: only these have gradients. */
export const isFloat = (dtype: DType): boolean => dtype.startsWith("float");

/** Converts numbers to the typed array of a dtype. Not for float16, of which only bits can be passed. */
export function typedArray(values: readonly number[], dtype: DType): TypedArray {
  if (dtype === "float16") throw new Error("typedArray: float16 has no numeric constants here; make it float32 and Cast");
  const array = new dtypes[dtype].array(values.length);
  for (const [i, value] of values.entries()) array[i] = dtype === "int64" ? BigInt(value) : value;
  return array;
}
