import type { Statistics } from "@pickapic/dataset";
import { expect, test } from "vitest";
import { statisticsFigures, statisticsText } from "../src/statistics.ts";
import { openTerminal } from "./terminal.ts";

const spread = { min: 1, mean: 1, median: 1, max: 1 };
const split = { rankings: 40, ties: 10, prompts: 9, users: 3, images: 50 };
const counted: Statistics = {
  ...{ folder: "data", hasImages: true, ...split, simulated: 0, first: null, last: null },
  splits: { train: { ...split, rankings: 29 }, test: { ...split, rankings: 30, ties: 3 } },
  models: [
    { model: "x", shown: 60, wins: 15, ties: 10, games: 40 },
    { model: "y", shown: 20, wins: 5, ties: 0, games: 12 },
  ],
  ...{ wordsPerPrompt: spread, rankingsPerPrompt: spread, rankingsPerUser: spread, answerMs: spread },
  left: { wins: 18, games: 30 },
  kept: { wins: 4, games: 8 },
};

test("a share is told from 30 rows on; for the others JSON and tables say what is too few", () => {
  const keptReason = "too few rankings with a winner and a kept image (8), at least 30 are needed";
  expect(statisticsFigures(counted)).toMatchObject({
    ...{ tieShare: 0.25, leftWins: 0.6, keptWins: null },
    splits: { train: { tieShare: null }, test: { tieShare: 0.1 } },
    models: [{ winRate: 0.5 }, { winRate: null }],
    reasons: [
      `kept image preferred again: ${keptReason}`,
      "ties of train: too few rankings (29), at least 30 are needed",
      "win rate of y: too few games (12), at least 30 are needed",
    ],
  });
  const text = statisticsText(openTerminal().context, counted);
  for (const said of ["25.0 %", "60.0 %", keptReason, "too few games (12)"]) expect(text).toContain(said);
  const none = { ...counted, kept: { wins: 0, games: 0 } };
  expect(statisticsText(openTerminal().context, none)).toMatch(/kept image preferred again +not recorded/);
});
