import { expect, test } from "vitest";
import { afterGoodStep, afterOverflow, FIRST_SCALE, type LossScale } from "../../src/steps/lossScale.ts";

test("the scale doubles after 2,000 good steps in a row, up to 2^24", () => {
  let now: LossScale = FIRST_SCALE;
  for (let i = 0; i < 1999; i++) now = afterGoodStep(now);
  expect(now).toEqual({ scale: 2 ** 16, good: 1999 });
  now = afterGoodStep(now);
  expect(now).toEqual({ scale: 2 ** 17, good: 0 });
  for (let i = 0; i < 20_000; i++) now = afterGoodStep(now);
  expect(now.scale).toBe(2 ** 24);
});

test("an overflow halves it and starts the count again, down to 1, where it is not to blame", () => {
  expect(afterOverflow({ scale: 1024, good: 1500 })).toEqual({ scale: 512, good: 0 });
  expect(afterOverflow({ scale: 1, good: 3 })).toBeNull();
});
