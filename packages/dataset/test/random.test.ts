import { expect, test } from "vitest";
import { seededRandom, shuffled } from "../src/random.ts";

test("the same seed draws the same, another seed something else, all in 0 ... 1", () => {
  const draw = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 1000 }, random);
  };
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(draw(2 ** 40)).not.toEqual(draw(0));
  expect(draw(1).every((value) => value >= 0 && value < 1)).toBe(true);
  expect(draw(1).reduce((sum, value) => sum + value, 0) / 1000).toBeCloseTo(0.5, 1);
});

test("a shuffle puts every item everywhere equally often", () => {
  const random = seededRandom(1);
  const places = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) places[shuffled([0, 1, 2, 3], random).indexOf(2)]!++;
  for (const count of places) expect(Math.abs(count - 1000)).toBeLessThan(140);
});
