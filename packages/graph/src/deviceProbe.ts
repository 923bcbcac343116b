/** @file A process of its own that starts one device and prints what came of it as one line of JSON. Arguments: the device; "start" or "measure". */
import { Tensor } from "onnxruntime-node";
import { fitToDevice, opsetOf } from "./deviceOps.ts";
import { type DeviceFacts, type DeviceSpeed, type RealDevice, reasonOf } from "./devices.ts";
import { Graph } from "./graph.ts";
import { encodeOnnx } from "./onnx.ts";
import type { DType } from "./ops.ts";
import { openRuntime } from "./runtime.ts";

/** Products in a row; the numbers stay where they are made, so that nothing but products takes time. */
const CHAIN = 8;
/** Sides of the squares, the next while a chain takes less than `QUICK` ms: a fast card is only busy with large ones. */
const SIDES = [64, 256, 1024, 4096];
const QUICK = 30;

/** x -> the sum of x^(CHAIN + 1), for a square of this side that is filled on the device. */
function products(side: number, dtype: DType): Graph {
  const g = new Graph("products");
  const x = g.cast(g.expand(g.input("x", "float32", [1, 1]), [side, side]), dtype);
  let y = x;
  for (let i = 0; i < CHAIN; i++) y = g.matmul(x, y);
  g.output("y", g.sum(g.cast(y, "float32")));
  return g;
}

/** GFLOP/s, the best of three runs after one that compiles. */
async function rateOf(device: RealDevice, dtype: DType): Promise<number> {
  let best = 0;
  for (const side of SIDES) {
    const session = await openRuntime(
      encodeOnnx(fitToDevice(products(side, dtype), device), undefined, opsetOf(device)),
      {},
      device,
    );
    // Powers of 1/side: float16 holds them all.
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
    if (Math.min(...times) > QUICK) break;
  }
  return best;
}

async function start(device: RealDevice): Promise<void> {
  const session = await openRuntime(encodeOnnx(products(4, "float32")), {}, device);
  await session.run({ x: new Tensor("float32", Float32Array.of(1), [1, 1]) });
  await session.release();
}

/** The processor computes float16 in float32: its casts would be measured, not its products. */
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
console.log(JSON.stringify(await facts(device as RealDevice, what === "measure")));
