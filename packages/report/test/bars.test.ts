import { expect, test } from "vitest";
import { barPlot, calendarPlot, rankedPlot } from "../src/index.ts";

const textsOf = (markup: string): string[] => [...markup.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text = ""]) => text);

test.each([
  ["upright bars", barPlot([{ label: "a", count: 2 }], { label: "words", unit: "prompts" })],
  ["lying bars", rankedPlot([{ label: "a", count: 2 }], { unit: "prompts" })],
  ["bars over time", calendarPlot([{ day: "2026-11-28", count: 2, darker: 1 }], { unit: "rankings", days: 1 })],
])("%s of few: each number of the axis stands once", (_, { markup }) => {
  const numbers = textsOf(markup).filter((text) => /^[\d.,]+$/.test(text));
  // Lying bars also tell their count.
  expect([...new Set(numbers)]).toEqual(["0", "1", "2"]);
  expect(numbers.filter((text) => text !== "2")).toEqual(["0", "1"]);
});
