/**
 * @file Weights as 8-bit integers: a quarter of the file, and integer products instead of float products. The loops read arrays
 * unchecked, because a model has hundreds of millions of weights.
 */

import type { Shape } from "./parameters.ts";

/**
 * How a weight becomes integers. "product": a linear layer, stored as [in, out] with one scale per output and multiplied as
 * integers. "rows": stored as [out, in] with one scale per row and converted to float32 before use.
 */
export type Form = "product" | "rows";

/** int8 values and their scales. */
export interface Quantized {
  readonly values: Int8Array;
  readonly scales: Float32Array;
}

/**
 * Largest integer of a weight in an integer product. AVX2 adds two products of an unsigned and a signed byte in 16 bits and
 * saturates; 255 x 64 x 2 is the largest sum that fits. With 7-bit weights every processor gives the same scores.
 */
const MOST_IN_PRODUCT = 64;
const MOST_IN_ROWS = 127;

/** Name of the tensor with the scales of a tensor of integers. */
export const scaleName = (name: string): string => `${name}_scale`;

/**
 * Returns how a weight is quantized; null for tensors that stay float32 (biases, norms, positions, temperature), which are small
 * together.
 */
export function quantizedForm(name: string): Form | null {
  // Patch filters respond to differences of neighbouring pixels, which rounded pixels have lost, so they are not multiplied as
  // integers.
  if (/\.(token_embedding|patch_embedding)\.weight$/.test(name)) return "rows";
  const isLayer = /\.(q_proj|k_proj|v_proj|out_proj|fc1|fc2)\.weight$/.test(name);
  return isLayer || /^(text|visual)_projection\.weight$/.test(name) ? "product" : null;
}

/** Shape of the integers of a weight [out, ...in]. */
export function quantizedShape(form: Form, [out = 1, ...rest]: Shape): Shape {
  const into = rest.reduce((product, side) => product * side, 1);
  return form === "rows" ? [out, into] : [into, out];
}

/**
 * Rounds a weight to integers, with one scale for each output (row).
 * @param weight [out, ...in]
 */
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

/** Returns the float32 weight [out, ...in] of the integers. */
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
