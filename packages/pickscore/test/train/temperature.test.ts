import { expect, test } from "vitest";
import type { Pair } from "../../src/data/plan.ts";
import { pairLoss } from "../../src/loss.ts";
import type { Embedder } from "../../src/model/embedder.ts";
import { fitLogitScale, leastAt } from "../../src/train/temperature.ts";

test("the lowest point of a valley is found, and the edge where it only falls", () => {
  expect(leastAt((x) => (x - 1.7) ** 2)).toBeCloseTo(1.7, 2);
  expect(leastAt((x) => x)).toBeCloseTo(0, 2);
  expect(leastAt((x) => -x)).toBeCloseTo(Math.log(100), 2);
});

/** Two images whose cosines with every text are 0.3 and 0.2. */
const embedder: Embedder = {
  texts: async (texts) => new Map([...texts].map((text) => [text, Float32Array.of(1, 0)])),
  images: async () => new Map([["a", Float32Array.of(0.3, 0)], ["b", Float32Array.of(0.2, 0)]]), // biome-ignore format: one row
  close: async () => {},
};

const choices = (first: number, second: number): Pair[] =>
  Array.from({ length: first + second }, (_, i) => ({
    caption: "x",
    image0: "a",
    image1: "b",
    target: i < first ? ([1, 0] as const) : ([0, 1] as const),
    examplesPerPrompt: 1,
  }));

test("people who agree with the model in 75 of 100 cases get the temperature that says so", async () => {
  const logScale = await fitLogitScale(choices(75, 25), embedder);
  // sigmoid(T 0.1) = 0.75 where T = 10 ln 3
  expect(Math.exp(logScale)).toBeCloseTo(10 * Math.log(3), 1);
  const loss = (scale: number) =>
    0.75 * pairLoss([0.3 * scale, 0.2 * scale], [1, 0]) + 0.25 * pairLoss([0.3 * scale, 0.2 * scale], [0, 1]);
  for (const other of [5, 20, 100]) expect(loss(Math.exp(logScale))).toBeLessThan(loss(other));
});
