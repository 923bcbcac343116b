// @vitest-environment happy-dom
import type { Statistics } from "@pickapic/server/api";
import { cleanup, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { StatisticsPage } from "../../src/statistics/page.tsx";
import { meOf, rendered, serverOf } from "../rendered.tsx";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

const statistics: Statistics = {
  rankings: 1_234,
  simulated: 0,
  ties: 100,
  tieShare: 0.0811,
  prompts: 20,
  users: 3,
  images: 70,
  answersPerDay: [
    { day: "2026-11-01", rankings: 5 },
    { day: "2026-11-03", rankings: 7 },
  ],
  medianAnswerMs: 2_345,
  guidance: [
    { bin: "3-4", winRate: 0.25, low: 0.14, high: 0.4, games: 40 },
    { bin: "4-5", winRate: null, low: null, high: null, games: 8 },
  ],
  topWords: [{ word: "penguin", prompts: 9 }],
};

async function shown(more: Partial<Statistics>): Promise<HTMLElement> {
  serverOf({ "/api/me": meOf(null), "/api/statistics": { ...statistics, ...more } });
  return rendered(<StatisticsPage />);
}

/** The figures by name. */
async function tiles(): Promise<Record<string, string | null>> {
  await screen.findByText("People");
  const terms = [...document.querySelectorAll("dt")];
  return Object.fromEntries(terms.map((term) => [term.textContent, term.nextElementSibling?.textContent ?? null]));
}

test("the figures are written for people; a time that was never measured is a dash", async () => {
  await shown({});
  expect(await tiles()).toEqual({
    Answers: (1_234).toLocaleString(),
    Ties: (0.081).toLocaleString(undefined, { style: "percent", maximumFractionDigits: 1 }),
    "Median time": (2.3).toLocaleString(undefined, { style: "unit", unit: "second" }),
    Prompts: "20",
    Pictures: "70",
    People: "3",
  });
  cleanup();
  await shown({ medianAnswerMs: null });
  expect(await tiles()).toMatchObject({ "Median time": "–" });
});

test("each plot has a table of its figures: days without answers too, bins with too few pairs not", async () => {
  await shown({});
  await tiles();
  const rowsOf = (name: string) =>
    [...screen.getByRole("table", { name }).querySelectorAll("tbody tr")].map((row) =>
      [...row.children].map(({ textContent }) => textContent),
    );
  const day = (date: string) => new Date(date).toLocaleDateString(undefined, { dateStyle: "medium", timeZone: "UTC" });
  expect(rowsOf("Answers per day")).toEqual([
    [day("2026-11-01"), "5"],
    [day("2026-11-02"), "0"],
    [day("2026-11-03"), "7"],
  ]);
  expect(rowsOf("Share of pairs won by guidance scale")).toEqual([
    ["3-4", (0.25).toLocaleString(undefined, { style: "percent" }), "40"],
  ]);
});

test("words are listed with their prompts, or the list is not there", async () => {
  await shown({});
  expect((await screen.findByText("penguin")).parentElement?.textContent).toBe("penguin9");
  cleanup();
  await shown({ topWords: [] });
  await tiles();
  expect(screen.queryByText("What people ask for")).toBeNull();
});

test("before the first answer there is nothing to count, and a failure can be tried again", async () => {
  await shown({ rankings: 0 });
  expect(await screen.findByText("Nothing to count yet")).toBeDefined();
  cleanup();
  serverOf({ "/api/me": meOf(null) });
  await rendered(<StatisticsPage />);
  expect(await screen.findByRole("button", { name: "Try again" })).toBeDefined();
});
