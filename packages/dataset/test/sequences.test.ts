import { expect, test } from "vitest";
import { batchesOf, mapAhead } from "../src/sequences.ts";
import { collect } from "./sample.ts";

async function* numbers(n: number): AsyncIterable<number> {
  for (let i = 0; i < n; i++) yield i;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("maps in order, several at once but never more than told", async () => {
  let running = 0;
  let most = 0;
  const result = mapAhead(numbers(20), 4, async (i) => {
    most = Math.max(most, ++running);
    await wait((20 - i) % 3);
    running--;
    return i * i;
  });
  expect(await collect(result)).toEqual(Array.from({ length: 20 }, (_, i) => i * i));
  expect(most).toBeGreaterThan(1);
  expect(most).toBeLessThanOrEqual(4);
});

test("a failure comes out at its place, after what came before it", async () => {
  const seen: number[] = [];
  const run = async () => {
    const mapped = mapAhead(numbers(9), 4, async (i) => {
      if (i >= 5) throw new Error(`no ${i}`);
      return i;
    });
    for await (const i of mapped) seen.push(i);
  };
  await expect(run()).rejects.toThrow("no 5");
  expect(seen).toEqual([0, 1, 2, 3, 4]);
});

test.each([
  [0, []],
  [4, [[0, 1, 2, 3]]],
  [
    6,
    [
      [0, 1, 2, 3],
      [4, 5],
    ],
  ],
])("batches of 4 of %i items", async (count, batches) => {
  expect(await collect(batchesOf(numbers(count), 4))).toEqual(batches);
});
