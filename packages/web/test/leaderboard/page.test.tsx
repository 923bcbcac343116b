// @vitest-environment happy-dom
import type { Leaderboard, LeaderboardRow } from "@pickapic/server/api";
import { cleanup, screen, within } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { LeaderboardPage } from "../../src/leaderboard/page.tsx";
import { meOf, rendered, serverOf } from "../rendered.tsx";

vi.stubGlobal("scrollTo", () => undefined);
afterEach(cleanup);

const row: LeaderboardRow = {
  model: "toy-xl",
  rating: 1034.4,
  low: 1010.2,
  high: 1060.7,
  rankRange: { low: 1, high: 1 },
  games: 40,
  winRate: 0.655,
  reason: null,
};
const board: Leaderboard = {
  models: [row],
  reason: null,
  remarks: ["Few people."],
  rankings: 80,
  simulated: 80,
  updatedAt: "2026-11-27T12:00:00Z",
  method: "By Bradley and Terry.",
};

const whole = (number: number) => number.toLocaleString();
const percent = (share: number) => share.toLocaleString(undefined, { style: "percent" });

async function shown(more: Partial<Leaderboard>): Promise<void> {
  serverOf({ "/api/me": meOf(null), "/api/leaderboard": { ...board, ...more } });
  await rendered(<LeaderboardPage />);
}

test.each([
  [{}, "1", `${whole(1010)} to ${whole(1061)}`, percent(0.66), 1],
  [{ rankRange: { low: 2, high: 4 } }, "2–4", `${whole(1010)} to ${whole(1061)}`, percent(0.66), 1],
  [{ low: null, reason: "too few people" }, "1", "too few people", percent(0.66), 0],
  [{ high: null, winRate: null, reason: "too few pairs" }, "1", "too few pairs", "–", 0],
])("a row with %j says rank, rating, what is known of it, and wins", async (more, rank, said, wins, bars) => {
  await shown({ models: [{ ...row, ...more }] });
  const line = await screen.findByTestId("leaderboard-row");
  const cells = within(line)
    .getAllByRole("cell")
    .map(({ textContent }) => textContent);
  expect(within(line).getByRole("rowheader").textContent).toBe(`${rank}toy-xl`);
  expect(cells).toEqual([...(bars > 0 ? [`${whole(1034)}${said}`, ""] : [whole(1034), said]), wins, "40"]);
  expect(line.querySelectorAll("[title]")).toHaveLength(bars);
});

test("figures say what a reader must know beside them, and who answered", async () => {
  await shown({});
  expect(await screen.findByText(/^Few people\. By Bradley and Terry\. From 80 answers/)).toBeDefined();
  expect(await screen.findByText(/Simulated people gave all of these answers/)).toBeDefined();
});

test.each([
  ["All answers are ties.", "All answers are ties."],
  [null, "They appear after the first answers about two different generators."],
])("without ratings it says why: %s", async (reason, words) => {
  await shown({ models: [], reason });
  expect(await screen.findByText(words)).toBeDefined();
  expect(screen.queryByRole("table")).toBeNull();
});

test("a server that cannot be reached is a failure with another try", async () => {
  serverOf({ "/api/me": meOf(null) });
  await rendered(<LeaderboardPage />);
  expect(screen.getByRole("status").textContent).toBe("The leaderboard is loading…");
  expect(await screen.findByRole("button", { name: "Try again" })).toBeDefined();
});
