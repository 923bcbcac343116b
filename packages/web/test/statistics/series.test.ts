import fc from "fast-check";
import { expect, test } from "vitest";
import { countSteps, dayTicks, everyDay, guidancePoints } from "../../src/statistics/series.ts";

test("days without answers are in the plot, over months and leap days too", () => {
  const days = everyDay([
    { day: "2028-02-27", rankings: 3 },
    { day: "2028-03-01", rankings: 5 },
  ]);
  expect(days.map(({ day, rankings }) => [day.toISOString().slice(0, 10), rankings])).toEqual([
    ["2028-02-27", 3],
    ["2028-02-28", 0],
    ["2028-02-29", 0],
    ["2028-03-01", 5],
  ]);
  expect(everyDay([])).toEqual([]);
  expect(
    everyDay([
      { day: "2020-01-01", rankings: 1 },
      { day: "2028-03-01", rankings: 5 },
    ]),
  ).toHaveLength(60);
});

test("the axis of days ends with the last day, in equal steps and with at most five ticks", () => {
  const dates = (from: string, to: string) =>
    dayTicks([new Date(`${from}T00:00:00Z`), new Date(`${to}T00:00:00Z`)]).map((noon) => noon.toISOString().slice(5, 13));
  expect(dates("2026-11-13", "2026-11-27")).toEqual(["11-14T12", "11-17T12", "11-20T12", "11-23T12", "11-26T12"]);
  expect(dates("2026-11-25", "2026-11-27")).toEqual(["11-25T12", "11-26T12"]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), (days) => {
      const [from, to] = [new Date(0), new Date(days * 86_400_000)];
      const ticks = dayTicks([from, to]);
      expect(ticks.length).toBeLessThanOrEqual(5);
      expect(ticks[0]!.getTime()).toBeGreaterThan(0);
    }),
  );
});

test("guidance bins carry the interval of the server, and one without a rate is left out", () => {
  const none = { bin: "4-5", winRate: null, low: null, high: null, games: 29 };
  expect(guidancePoints([none])).toEqual([]);
  expect(guidancePoints([{ bin: "3-4", winRate: 0.45, low: 0.35, high: 0.55, games: 100 }, none])).toEqual([
    { guidance: 3.5, bin: "3-4", winRate: 0.45, low: 0.35, high: 0.55, games: 100 },
  ]);
});

test("an axis of counts has no step of less than one, and four at most", () => {
  expect([[], [0], [1], [1, 3, 2], [4], [250, 9]].map((counts) => countSteps(counts))).toEqual([1, 1, 1, 3, 4, 4]);
});
