/** @file What is run on several devices, to be compared: a state that stays on the device from run to run, and attention with its gradients. */
import { Graph, gradients, openDeviceMemory, openDeviceSession, type RealDevice } from "../src/index.ts";

/** Ten steps of x <- 0.9 x + d, in which x does not leave the device. */
export async function walk(device: RealDevice): Promise<{ end: number[]; sums: number[] }> {
  const g = new Graph("walk");
  const [x, d] = [g.input("x", "float32", [2, 3]), g.input("d", "float32", [3])];
  const next = g.add(g.mul(x, 0.9), d);
  g.output("next", next);
  g.output("sum", g.sum(next));
  const memory = await openDeviceMemory(device);
  const session = await openDeviceSession(g, { device, keep: ["next"] });
  let state = await memory.put(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]);
  const sums: number[] = [];
  for (let i = 0; i < 10; i++) {
    const { tensors, arrays } = await session.run({ x: state, d: Float32Array.of(i, 1, -i) });
    state.free();
    state = tensors.next!;
    sums.push(Number(arrays.sum![0]));
  }
  const end = new Float32Array(6);
  await memory.take(state, end);
  await session.close();
  await memory.close();
  return { end: [...end], sums };
}

/** Every op that a device has no kernel for. */
export function attention() {
  const g = new Graph("attention");
  const [q, k] = [g.input("q", "float32", [2, 3, 4]), g.input("k", "float32", [2, 5, 4])];
  const likelihood = g.logSoftmax(g.fusedMatmul(q, k, { transB: 1, alpha: 0.5 }));
  const loss = g.sum(g.mul(likelihood, likelihood));
  g.output("loss", loss);
  for (const [i, dx] of gradients(g, loss, [q, k]).entries()) g.output(`gradient ${i}`, dx);
  const waves = (length: number, step: number) => Float32Array.from({ length }, (_, i) => Math.sin(step * i));
  return { graph: g, feeds: { q: waves(24, 1), k: waves(40, 2) } };
}
