/** @file Runs on the processor what a card would be given: its ops, in its opset. */
import type { Tensor } from "onnxruntime-node";
import { fitToDevice, opsetOf } from "../src/deviceOps.ts";
import type { Arrays, Graph, RealDevice } from "../src/index.ts";
import { encodeOnnx } from "../src/onnx.ts";
import { openRuntime, toArray, toTensor } from "../src/runtime.ts";

export async function cardOps(g: Graph, device: RealDevice, feeds: Arrays): Promise<Arrays> {
  const session = await openRuntime(encodeOnnx(fitToDevice(g, device), undefined, opsetOf(device)), { threads: 1 }, "cpu");
  const tensors = Object.fromEntries(g.inputs.map((x) => [x.name, toTensor(x, feeds[x.name], g.name)]));
  const results = await session.run(tensors);
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, toArray(tensor as Tensor)]));
}
