/** @file The statements of the statistics page, on a database of their own. */
import { sharedWilsonInterval } from "@pickapic/evaluation";
import { expect, test } from "vitest";
import { winsByGuidance } from "../../src/statistics/queries.ts";
import { rowsOfFile } from "../rounds/rows.ts";

const { rows } = rowsOfFile("pickapic_round");

/** Wins of the image of less guidance in the answers of each person, a tie as half; people answer unequally often. */
const CHOICES = [
  ["left", "left", "left", "left", "tie"],
  ["left", "left", "left"],
  ["right", "right", "right", "right", "right", "right"],
  ["tie"],
  ["left", "left", "left", "left", "left"],
  ["right", "right", "left", "right"],
  ["left", "left", "tie", "left"],
  ["left", "left", "left", "left"],
] as const;

test("wins by guidance have intervals over people, and none where there are few games", async () => {
  for (const choices of CHOICES) {
    const person = await rows.person();
    const round = await rows.round(person);
    for (const choice of choices) {
      const [left, right] = [3.5, 7.5].map((guidance) => rows.image(round, "ready", { guidance_scale: guidance }));
      await rows.answer(await rows.pair(round, { left_image: await left, right_image: await right }), person, { choice });
    }
  }
  const alone = await rows.person();
  const round = await rows.round(alone);
  const pair = await rows.pair(round, { left_image: await rows.image(round, "ready", { guidance_scale: 12 }) });
  await rows.answer(pair, alone);

  const won = CHOICES.map((choices) => choices.reduce((sum, choice) => sum + { left: 1, tie: 0.5, right: 0 }[choice], 0));
  const games = CHOICES.reduce((sum, { length }) => sum + length, 0);
  const share = won.reduce((sum, each) => sum + each, 0) / games;
  const squares = won.reduce((sum, each, i) => sum + (each - share * (CHOICES[i]?.length ?? 0)) ** 2, 0);
  const [low, high] = sharedWilsonInterval({ share, examples: games, clusters: CHOICES.length, squares });
  const close = (value: number) => expect.closeTo(value, 10) as number;
  expect(await winsByGuidance(rows.db)).toEqual([
    { bin: "3-4", games, winRate: close(share), low: close(low), high: close(high) },
    { bin: "7-8", games, winRate: close(1 - share), low: close(1 - high), high: close(1 - low) },
    { bin: "11-12", games: 1, winRate: null, low: null, high: null },
  ]);
  // Answers that were independent of the person would have an interval half as wide.
  expect(high - low).toBeGreaterThan(0.4);
});
