/**
 * @file Replaces ops for which a device has no kernel by ops for which it has one. Otherwise ONNX Runtime would copy their inputs
 * to the processor, compute there and copy the result back.
 */
import type { RealDevice } from "./devices.ts";
import type { Graph } from "./graph.ts";
import { type Replacements, replacements, rewrite } from "./rewrite.ts";

/**
 * The opset in which a device has the most kernels. CUDA's kernels are registered for single versions, many of them older than
 * 21.
 */
export const opsetOf = (device: RealDevice): number => (device === "cuda" ? 18 : 21);

/**
 * Ops that training steps and inference need and ONNX Runtime 1.30 has no kernel for, by device: measured for webgpu, read in the
 * runtime's table of kernels for cuda.
 */
const lacking: { readonly [D in RealDevice]?: Replacements } = {
  // Opset 18 has no Gelu. The runtime fuses the replacement back to one.
  cuda: { Gelu: replacements.Gelu },
  webgpu: {
    FusedMatMul: replacements.FusedMatMul,
    // y = x - max - log sum exp(x - max)
    LogSoftmax: (g, [x], { axis }) => {
      const shifted = g.sub(x, g.reduceMax(x, axis));
      return [g.sub(shifted, g.log(g.sum(g.exp(shifted), axis)))];
    },
  },
};

/** Returns the same graph in ops that run on the device. */
export function fitToDevice(g: Graph, device: RealDevice): Graph {
  const rules = lacking[device];
  return rules ? rewrite(g, rules, () => true) : g;
}
