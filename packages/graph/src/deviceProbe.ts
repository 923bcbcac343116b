/**
 * @file A child process that starts one device and prints the outcome as one line of JSON. Arguments: the device; "start" or
 * "measure".
 */
import { Tensor } from "onnxruntime-node";
import { fitToDevice, opsetOf } from "./deviceOps.ts";
import { type DeviceFacts, type DeviceSpeed, isRealDevice, type RealDevice, reasonOf } from "./devices.ts";
import { Graph } from "./graph.ts";
import { encodeOnnx } from "./onnx.ts";
import type { DType } from "./ops.ts";
import { openRuntime } from "./runtime.ts";

/** Number of products in a row. The numbers stay on the device between them, so that only products are measured. */
const CHAIN = 8;
/**
 * Sides of the square matrices. The next one is tried while a chain takes less than `QUICK_MS`, because small ones do not keep a
 * fast card busy.
 */
const SIDES = [64, 256, 1024, 4096];
const QUICK_MS = 30;

/** The graph from x to the sum of x^(CHAIN + 1), where x is a square matrix of this side that is filled on the device. */
function products(side: number, dtype: DType): Graph {
  const g = new Graph("products");
  const x = g.cast(g.expand(g.input("x", "float32", [1, 1]), [side, side]), dtype);
  let y = x;
  for (let i = 0; i < CHAIN; i++) y = g.matmul(x, y);
  g.output("y", g.sum(g.cast(y, "float32")));
  return g;
}

/** Returns GFLOP/s: the best of three runs, after one that compiles. */
async function rateOf(device: RealDevice, dtype: DType): Promise<number> {
  let best = 0;
  for (const side of SIDES) {
    const session = await openRuntime(
      encodeOnnx(fitToDevice(products(side, dtype), device), undefined, opsetOf(device)),
      {},
      device,
    );
    // Powers of 1/side: float16 can represent all of them.
    const feeds = { x: new Tensor("float32", Float32Array.of(1 / side), [1, 1]) };
    await session.run(feeds);
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const start = performance.now();
      await session.run(feeds);
      times.push(performance.now() - start);
    }
    await session.release();
    best = Math.max(best, (CHAIN * 2 * side ** 3) / Math.min(...times) / 1e6);
    if (Math.min(...times) > QUICK_MS) break;
  }
  return best;
}

async function start(device: RealDevice): Promise<void> {
  const session = await openRuntime(encodeOnnx(products(4, "float32")), {}, device);
  await session.run({ x: new Tensor("float32", Float32Array.of(1), [1, 1]) });
  await session.release();
}

/** The processor computes float16 in float32, so that casts would be measured and not products. */
const measure = async (device: RealDevice): Promise<DeviceSpeed> => ({
  float32: await rateOf(device, "float32"),
  float16: device === "cpu" ? null : await rateOf(device, "float16").catch(() => null),
});

async function facts(device: RealDevice, isMeasured: boolean): Promise<DeviceFacts> {
  try {
    await start(device);
    return { reason: "", speed: isMeasured ? await measure(device) : null };
  } catch (error) {
    return { reason: reasonOf(error instanceof Error && error.cause ? error.cause : error), speed: null };
  }
}

const [device, what] = process.argv.slice(2);
if (!isRealDevice(device)) throw new Error(`deviceProbe: expected a device such as cpu or webgpu; got ${device ?? "nothing"}`);
console.log(JSON.stringify(await facts(device, what === "measure")));
