import fc from "fast-check";
import { expect, test } from "vitest";
import { percentOn, ratingScale } from "../../src/leaderboard/scale.ts";

test("the scale holds every interval, with a handful of round ticks", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: -2000, max: 4000, noNaN: true }), fc.double({ min: 0, max: 900, noNaN: true })), {
        minLength: 1,
      }),
      (rows) => {
        const intervals = rows.map(([middle, half]) => ({ low: middle - half, high: middle + half }));
        const scale = ratingScale(intervals);
        for (const { low, high } of intervals) {
          expect(percentOn(scale, low)).toBeGreaterThan(0);
          expect(percentOn(scale, high)).toBeLessThan(100);
        }
        expect(scale.ticks.length).toBeGreaterThanOrEqual(1);
        expect(scale.ticks.length).toBeLessThanOrEqual(6);
      },
    ),
  );
  expect(ratingScale([]).ticks).toEqual([]);
});
