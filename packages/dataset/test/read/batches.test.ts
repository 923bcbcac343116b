import fc from "fast-check";
import { expect, test } from "vitest";
import { planEpoch } from "../../src/read/batches.ts";

test("an epoch has every row once, in full batches but for the last", () => {
  fc.assert(
    fc.property(fc.nat(200), fc.nat(), fc.integer({ min: 1, max: 50 }), (count, seed, batch) => {
      const batches = planEpoch(count, seed, batch);
      expect(batches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
      for (const one of batches.slice(0, -1)) expect(one).toHaveLength(batch);
      expect(planEpoch(count, seed, batch)).toEqual(batches);
    }),
  );
});

test("the order does not depend on the batch size, and another seed is another order", () => {
  expect(planEpoch(100, 1, 7).flat()).toEqual(planEpoch(100, 1, 32).flat());
  expect(planEpoch(100, 1, 7)).not.toEqual(planEpoch(100, 2, 7));
});

test.each([0, -1, 1.5, Number.NaN])("a batch of %d rows is an error", (batch) => {
  expect(() => planEpoch(10, 1, batch)).toThrow(`got ${batch}`);
});
