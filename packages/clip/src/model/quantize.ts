/** @file Weights as 8-bit integers: a quarter of the file, and products of integers in place of those of floats. */

import type { Shape } from "./parameters.ts";

/**
 * How a weight becomes integers. "product": the factor of a linear layer, kept as [in, out] with one scale per output, multiplied as integers; "rows": kept as [out, in]
 * with one scale per row, and float32 again before it is used.
 */
export type Form = "product" | "rows";

/** int8 values with the scales that they are multiplied by. */
export interface Quantized {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Largest integer of a weight that is multiplied. AVX2 adds two products of an unsigned and a signed byte in 16 bits, and saturates: 255 x 64 x 2 is the
 * last sum that fits. So products have 7-bit weights, and every processor gives the same scores.
 */
const MOST_IN_PRODUCT = 64;
const MOST_IN_ROWS = 127;

/** Name of the tensor of scales that belongs to a tensor of integers. */
export const scaleName = (name: string): string => `${name}_scale`;

/** Null for what stays float32: biases, norms, positions, the temperature; all of it together is small. */
export function quantizedForm(name: string): Form | null {
  // Filters of patches look at differences of neighbouring pixels, which are lost when the pixels are rounded: they are no product of integers.
  if (/\.(token_embedding|patch_embedding)\.weight$/.test(name)) return "rows";
  const isLayer = /\.(q_proj|k_proj|v_proj|out_proj|fc1|fc2)\.weight$/.test(name);
  return isLayer || /^(text|visual)_projection\.weight$/.test(name) ? "product" : null;
}

/** Shape of the integers of a weight [out, ...in]. */
export function quantizedShape(form: Form, [out = 1, ...rest]: Shape): Shape {
  const into = rest.reduce((product, side) => product * side, 1);
  return form === "rows" ? [out, into] : [into, out];
}

/** @param weight [out, ...in] */
export function quantize(form: Form, weight: Float32Array, [out = 1]: Shape): Quantized {
  const into = weight.length / out;
  const values = new Int8Array(weight.length);
  const scales = new Float32Array(out);
  const most = form === "rows" ? MOST_IN_ROWS : MOST_IN_PRODUCT;
  for (let row = 0; row < out; row++) {
    let largest = 0;
    for (let i = row * into; i < (row + 1) * into; i++) largest = Math.max(largest, Math.abs(weight[i]!));
    const scale = Math.fround(largest / most) || 1;
    scales[row] = scale;
    for (let i = 0; i < into; i++) {
      const value = Math.max(-most, Math.min(most, Math.round(weight[row * into + i]! / scale)));
      values[form === "rows" ? row * into + i : i * out + row] = value;
    }
  }
  return { values, scales };
}

/** The weight [out, ...in] that integers stand for. */
export function dequantize(form: Form, { values, scales }: Quantized): Float32Array {
  const out = scales.length;
  const into = values.length / out;
  const weight = new Float32Array(values.length);
  for (let row = 0; row < out; row++) {
    for (let i = 0; i < into; i++)
      weight[row * into + i] = values[form === "rows" ? row * into + i : i * out + row]! * scales[row]!;
  }
  return weight;
}
