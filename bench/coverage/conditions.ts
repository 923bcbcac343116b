/** @file The conditions in which intervals of ratings are tested, and their measured coverage. */

import { type Random, seededRandom } from "../../packages/chance/src/index.ts";
import { entryOf } from "../../packages/errors/src/index.ts";
import { type BradleyTerryRating, bradleyTerry } from "../../packages/evaluation/src/index.ts";
import type { CoverageCase, Trial } from "../../packages/evaluation/test/coverage/case.ts";
import { type Condition, drawPopulation, type Prompt, playCondition, playPopulation } from "./answers.ts";

/** Weak and strong differences between people; the toy world's own are 0.3 and 0.3. */
const TASTES = { weak: { taste: 0.1, weightSpread: 0.1 }, strong: { taste: 1, weightSpread: 0.8 } } as const;

/** How often each model is drawn, and how much people differ in their number of rounds. */
const USES = {
  equal: { modelWeights: [1, 1, 1, 1], activitySpread: 0 },
  unequal: { modelWeights: [8, 4, 2, 1], activitySpread: 0.8 },
} as const;

/** A condition with its name. */
export interface NamedCondition extends Condition {
  name: string;
  /** Conditions of one kind have the same true ratings. */
  kind: string;
}

/** All combinations of people, prompts, answers, tastes and use of models. Prompts are shared by all people, or each belongs to one. */
export function allConditions(): NamedCondition[] {
  const sizes = [
    ...[15, 60].flatMap((people) => [15, 150].map((prompts) => ({ people, prompts, ownPrompts: false }))),
    { people: 15, prompts: 150, ownPrompts: true },
  ];
  return (["weak", "strong"] as const).flatMap((taste) =>
    (["equal", "unequal"] as const).flatMap((use) =>
      sizes.flatMap((size) =>
        [1500, 6000].map((answers) => ({
          ...{ name: `${taste} tastes, ${use} use`, kind: `${taste} ${use}`, answers },
          ...{ ...size, tastes: TASTES[taste], ...USES[use] },
        })),
      ),
    ),
  );
}

/** The rating of each model in the population, computed from `answers` simulated answers; two million are within 1 point of the limit. */
export function truthOf(population: readonly Prompt[], condition: Condition, answers: number, seed: number): Map<string, number> {
  const games = playPopulation(population, { ...condition, answers }, seededRandom(seed));
  return new Map(bradleyTerry(games, { prior: 0 }).ratings.map(({ player, rating }) => [player, rating]));
}

/** Answers from which the true ratings are computed. With this number, their standard error is a fiftieth of that of the narrowest interval. */
const TRUTH_ANSWERS = 2_000_000;

/** The leaderboard in each condition of the toy world: intervals, rank ranges, and intervals that take all answers as independent. */
export function leaderboardCases(): CoverageCase[] {
  let population: readonly Prompt[] | null = null;
  const truths = new Map<string, Map<string, number>>();
  return allConditions().map((condition): CoverageCase => {
    const { people, prompts, answers, ownPrompts, kind } = condition;
    const name = `leaderboard: ${condition.name}, ${people} people, ${prompts} prompts${ownPrompts ? " of their own" : ""}, ${answers} answers`;
    return {
      ...{ name, printed: "leaderboard", method: "crossed jackknife (CV3), Student's t" },
      prepare() {
        const all = population ?? drawPopulation(300, 24, 1);
        population = all;
        const truth = truths.get(kind) ?? truthOf(all, condition, TRUTH_ANSWERS, 99);
        truths.set(kind, truth);
        return (random) => leaderboardTrials(all, { ...condition, name }, truth, random);
      },
    };
  });
}

/** What one simulation gives: the intervals under the condition's name, its rank ranges, and its intervals without clusters. */
export function leaderboardTrials(
  population: readonly Prompt[],
  { name, ...condition }: Condition & { name: string },
  truth: ReadonlyMap<string, number>,
  random: Random,
): Trial[] {
  const order = [...truth.keys()].sort((x, y) => entryOf(truth, y) - entryOf(truth, x));
  const games = playCondition(population, condition, random);
  const rated = (of: string, ratings: readonly BradleyTerryRating[]): Trial[] =>
    ratings.map(({ player, low, high }) => ({ of, low, high, truth: entryOf(truth, player) }));
  const { ratings } = bradleyTerry(games);
  const ranks = ratings.map(({ player, rankRange: { low, high } }) => ({
    ...{ of: `${name}: ranks`, low, high },
    truth: 1 + order.indexOf(player),
  }));
  const alone = bradleyTerry({ ...games, person: null, prompt: null }).ratings;
  return [...rated(name, ratings), ...ranks, ...rated(`${name}: taken as independent`, alone)];
}
