/** @file How often the intervals of ratings hold, in small; `npm run bench -- coverage` measures all conditions. */
import { expect, test } from "vitest";
import { drawPopulation, MODELS } from "../bench/coverage/answers.ts";
import { allConditions, leaderboardTrials, truthOf } from "../bench/coverage/conditions.ts";
import { countHeld } from "../packages/evaluation/test/coverage/cases.ts";

test("intervals clustered by person and prompt hold the population's ratings, those that take answers as independent do not", {
  timeout: 120_000,
}, async () => {
  const population = drawPopulation(40, 6, 1);
  const strong = allConditions().find(({ tastes, people, prompts }) => tastes.taste === 1 && people === 15 && prompts === 15)!;
  const condition = { ...strong, answers: 900, name: "strong" };
  const truth = truthOf(population, condition, 120_000, 3);
  expect([...truth.keys()].sort()).toEqual([...MODELS].sort());
  const counts = await countHeld((random) => leaderboardTrials(population, condition, truth, random), 60, 5);
  const share = (of: string) => counts.get(of)!.held / counts.get(of)!.intervals;
  // 240 intervals that hang together by four: three standard errors of 95 % are 0.06.
  expect(share("strong")).toBeGreaterThan(0.89);
  expect(share("strong")).toBeLessThan(0.995);
  expect(share("strong: taken as independent")).toBeLessThan(0.85);
  expect(share("strong: ranks")).toBeGreaterThan(0.93);
});
