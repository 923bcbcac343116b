/** @file Many turns in one run: the same as as many runs. */
import { describe, expect, test } from "vitest";
import { Graph, gradients, openRepeated, openSession, type RealDevice, type Repetition } from "../src/index.ts";

/** w <- w - rate dL/dw with L the mean of (x w - 1)^2; ends when L is below `enough`. */
function descent(): Repetition {
  const body = new Graph("descent");
  const w = body.input("w", "float32", [3, 1]);
  const count = body.input("count", "float32", []);
  const x = body.input("x", "float32", [4, 3]);
  const [rate, enough] = [body.input("rate", "float32", []), body.input("enough", "float32", [])];
  const error = body.sub(body.gelu(body.matmul(x, w)), 1);
  const loss = body.mean(body.mul(error, error));
  body.output("w next", body.sub(w, body.mul(gradients(body, loss, [w])[0]!, rate)));
  body.output("count next", body.add(count, 1));
  body.output("go on", body.greater(loss, enough));
  return {
    body,
    carried: new Map([
      ["count", "count next"],
      ["w", "w next"],
    ]),
    each: ["x"],
    goOn: "go on",
  };
}

const turns = 7;
const x = Float32Array.from({ length: turns * 12 }, (_, i) => Math.sin(1 + 3 * i));
const fixed = { rate: Float32Array.of(0.3), enough: Float32Array.of(-1) };
const start = () => ({ w: Float32Array.of(0.5, -0.2, 0.1), count: Float32Array.of(0) });

async function turnByTurn(count: number) {
  const state = start();
  const session = await openSession(descent().body, { threads: 1 });
  for (let i = 0; i < count; i++) {
    const results = await session.run({ ...state, ...fixed, x: x.subarray(12 * i, 12 * (i + 1)) });
    state.w.set(results["w next"] as Float32Array);
    state.count.set(results["count next"] as Float32Array);
  }
  await session.close();
  return state;
}

const run = async (device: RealDevice, feeds: Record<string, Float32Array>, state = start()) => {
  const session = await openRepeated(descent(), { device, threads: 1 });
  await session.run(turns, { ...fixed, ...feeds }, state);
  await session.close();
  return state;
};

describe("seven turns in one run", () => {
  test("are seven runs, bit for bit, and overwrite the state", async () => {
    const state = start();
    await run("cpu", { x }, state);
    expect(state).toEqual(await turnByTurn(turns));
  });

  test("end when a turn says so, with the state that it made", async () => {
    const state = await run("cpu", { x, enough: Float32Array.of(1e9) });
    expect(state).toEqual(await turnByTurn(1));
  });

  test("refuse slices of another number", async () => {
    await expect(run("cpu", { x: x.subarray(12) })).rejects.toThrow(
      "descent: x must be a Float32Array of 84 (float32 [7, 4, 3]); got Float32Array of 72",
    );
  });
});
