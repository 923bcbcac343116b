import type { HistoryItem } from "@pickapic/server/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseMarkdown } from "../src/account/markdown.tsx";
import { fileNameFor, groupByPrompt } from "../src/history/groups.ts";
import { percentOn, ratingScale } from "../src/leaderboard/scale.ts";
import { simulatedSentence } from "../src/shell/simulated-note.tsx";
import { dayTicks, everyDay, guidancePoints } from "../src/statistics/series.ts";

test("neighbours with one prompt are one group, and no answer is lost or moved", () => {
  const items = ["a", "a", "b", "a"].map((prompt, ranking) => ({ prompt, ranking }) as HistoryItem);
  expect(groupByPrompt(items).map(({ prompt, items: { length } }) => [prompt, length])).toEqual([
    ["a", 2],
    ["b", 1],
    ["a", 1],
  ]);
  expect(groupByPrompt(items).flatMap((group) => group.items)).toEqual(items);
});

test("file names hold no separators and are not empty", () => {
  expect(fileNameFor("A cat, at night!", { model: "toy-xl", seed: 7 })).toBe("a-cat-at-night-toy-xl-7.jpg");
  fc.assert(
    fc.property(fc.string(), fc.string(), (prompt, model) => {
      expect(fileNameFor(prompt, { model, seed: 1 })).toMatch(/^[^/\\:*?"<>|\s]+-1\.jpg$/u);
    }),
  );
});

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

test("what is simulated is said: pictures, people, both, or nothing", () => {
  expect(simulatedSentence({ pictures: true })).toBe("Simulated pictures from the toy world.");
  expect(simulatedSentence({ pictures: false, answers: { rankings: 5, simulated: 0 } })).toBe("");
  expect(simulatedSentence({ pictures: false, answers: { rankings: 5, simulated: 5 } })).toMatch(/all of these answers/);
  expect(simulatedSentence({ pictures: true, answers: { rankings: 1_500, simulated: 5 } })).toMatch(
    /toy world\. Simulated people gave 5 of these 1.500 answers\.$/,
  );
});

// Wilson's interval of 45 in 100, from scipy: binomtest(45, 100).proportion_ci(method="wilson").
test("guidance bins carry Wilson's interval", () => {
  const [point] = guidancePoints([
    { bin: "3-4", winRate: 0.45, games: 100 },
    { bin: "4-5", winRate: 0, games: 0 },
  ]);
  expect(point).toMatchObject({ guidance: 3.5, games: 100 });
  expect(point?.low).toBeCloseTo(0.3561454, 5);
  expect(point?.high).toBeCloseTo(0.547554, 5);
});

test("the consent text becomes headings, paragraphs and lists, and nothing of it is lost", () => {
  const blocks = parseMarkdown("## Title\nFirst\nline.\n\nLead:\n- one\n  more\n- **two**\n\nEnd.");
  expect(blocks).toEqual([
    { kind: "heading", text: "Title" },
    { kind: "paragraph", text: "First line." },
    { kind: "paragraph", text: "Lead:" },
    { kind: "list", items: ["one more", "**two**"] },
    { kind: "paragraph", text: "End." },
  ]);
});
