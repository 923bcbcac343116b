/** @file Ops that a device has no kernel for, written with those that it has: else the runtime would wait for the device, compute on the processor and send back. */
import type { RealDevice } from "./devices.ts";
import type { Graph } from "./graph.ts";
import { type Replacements, replacements, rewrite } from "./rewrite.ts";

/** The opset whose ops have the most kernels on the device: CUDA's are registered for single versions, and many are older than 21. */
export const opsetOf = (device: RealDevice): number => (device === "cuda" ? 18 : 21);

/** What a training step and inference need and ONNX Runtime 1.30 has not, by device: webgpu as measured, cuda by the runtime's own table of kernels. */
const lacking: { readonly [D in RealDevice]?: Replacements } = {
  // Opset 18 has no Gelu; the runtime puts this one together again.
  cuda: { Gelu: replacements.Gelu! },
  webgpu: {
    FusedMatMul: replacements.FusedMatMul!,
    // y = x - max - log sum exp(x - max)
    LogSoftmax: (g, [x], { axis }) => {
      const shifted = g.sub(x, g.reduceMax(x, axis));
      return [g.sub(shifted, g.log(g.sum(g.exp(shifted), axis)))];
    },
  },
};

/** The same graph in ops that run on the device. */
export function fitToDevice(g: Graph, device: RealDevice): Graph {
  const rules = lacking[device];
  return rules ? rewrite(g, rules, () => true) : g;
}
