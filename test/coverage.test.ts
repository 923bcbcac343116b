/** @file How often the intervals of ratings hold, in small; `npm run bench -- coverage` measures all conditions. */
import { seededRandom } from "@pickapic/chance";
import { expect, test } from "vitest";
import { drawPopulation, MODELS } from "../bench/coverage/answers.ts";
import { allConditions, simulate, truthOf } from "../bench/coverage/conditions.ts";

test("intervals clustered by person and prompt hold the population's ratings, those that take answers as independent do not", {
  timeout: 120_000,
}, () => {
  const population = drawPopulation(40, 6, 1);
  const strong = allConditions().find(({ tastes, people, prompts }) => tastes.taste === 1 && people === 15 && prompts === 15)!;
  const condition = { ...strong, answers: 900 };
  const truth = truthOf(population, condition, 120_000, 3);
  expect([...truth.keys()].sort()).toEqual([...MODELS].sort());
  const held = simulate(population, condition, truth, 60, seededRandom(5));
  // 240 intervals that hang together by four: three standard errors of 95 % are 0.06.
  expect(held.intervals).toBeGreaterThan(0.89);
  expect(held.intervals).toBeLessThan(0.995);
  expect(held.independent).toBeLessThan(0.85);
  expect(held.ranks).toBeGreaterThan(0.93);
});
