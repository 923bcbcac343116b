/** @file Tensors that stay on a device: on the processor, and on the software card that Chromium brings. No test here has seen real hardware. */
import { describe, expect, test } from "vitest";
import { CARD_NEEDED, onSoftwareCard, softwareCard } from "../../../test/support/softwareCard.ts";
import { Graph, openDeviceMemory, openDeviceSession } from "../src/index.ts";
import { walk } from "./deviceCases.ts";

/** The walk in float64. */
function expectedWalk() {
  let state = [1, 2, 3, 4, 5, 6];
  const sums: number[] = [];
  for (let i = 0; i < 10; i++) {
    state = state.map((x, at) => 0.9 * x + [i, 1, -i][at % 3]!);
    sums.push(state.reduce((a, b) => a + b));
  }
  return { end: state, sums };
}

const close = (list: readonly number[]) => list.map((x) => expect.closeTo(x, 4) as number);
const near = ({ end, sums }: ReturnType<typeof expectedWalk>) => ({ end: close(end), sums: close(sums) });

test("a state that is kept from run to run ends where it would have on paper", async () => {
  expect(await walk("cpu")).toEqual(near(expectedWalk()));
});

test("tensors are refused once they are freed, or where another shape is wanted", async () => {
  const g = new Graph("sum");
  g.output("y", g.sum(g.input("x", "float32", [2])));
  const memory = await openDeviceMemory("cpu");
  const session = await openDeviceSession(g, { device: "cpu" });
  const [x, wide] = [await memory.put(Float32Array.of(1, 2), [2]), await memory.put(Float32Array.of(1, 2), [1, 2])];
  expect((await session.run({ x })).arrays.y).toEqual(Float32Array.of(3));
  await expect(session.run({ x: wide })).rejects.toThrow("sum: x must be float32 [2]; got a tensor float32 [1, 2]");
  await expect(session.run({})).rejects.toThrow("sum: x must be a Float32Array of 2 (float32 [2]); got nothing");
  x.free();
  x.free();
  await expect(session.run({ x })).rejects.toThrow("x: its tensor [2] was freed");
  await session.close();
  await memory.close();
});

describe.skipIf(softwareCard === null)(`on a card (${CARD_NEEDED})`, () => {
  test("a state stays on it from run to run, and every op gives the processor's numbers", { timeout: 180_000 }, async () => {
    const card = await onSoftwareCard(new URL("./cardScript.ts", import.meta.url));
    expect(card).toMatchObject({ walk: near(expectedWalk()), freed: "x: its tensor [2] was freed" });
    expect(Math.max(...(card as { differences: number[] }).differences)).toBeLessThan(1e-5);
  });
});
