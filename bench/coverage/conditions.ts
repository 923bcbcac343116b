/** @file The conditions in which intervals of ratings are tested, and their measured coverage. */
import { type Random, seededRandom } from "../../packages/chance/src/index.ts";
import { bradleyTerry } from "../../packages/evaluation/src/index.ts";
import { type Condition, type Prompt, playCondition, playPopulation } from "./answers.ts";

/** Weak and strong differences between people; the toy world's own are 0.3 and 0.3. */
const TASTES = { weak: { taste: 0.1, weightSpread: 0.1 }, strong: { taste: 1, weightSpread: 0.8 } } as const;

/** How often each model is drawn, and how much people differ in their number of rounds. */
const USES = {
  equal: { modelWeights: [1, 1, 1, 1], activitySpread: 0 },
  unequal: { modelWeights: [8, 4, 2, 1], activitySpread: 0.8 },
} as const;

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

export interface Held {
  /** Share 0...1 of intervals, over models and simulations, that contain the population's rating. */
  intervals: number;
  /** The lowest share of a single model. */
  least: number;
  /** Share 0...1 of rank ranges that contain the population's rank. */
  ranks: number;
  /** Mean half-width of the intervals, rating points. */
  halfWidth: number;
  /** Share 0...1 for intervals that treat all answers as independent. */
  independent: number;
}

/** Measures how often intervals and rank ranges contain the true values. */
export function simulate(
  population: readonly Prompt[],
  condition: Condition,
  truth: ReadonlyMap<string, number>,
  simulations: number,
  random: Random,
): Held {
  const order = [...truth.keys()].sort((x, y) => truth.get(y)! - truth.get(x)!);
  const held = new Map(order.map((model) => [model, 0]));
  let [ranks, width, independent] = [0, 0, 0];
  for (let i = 0; i < simulations; i++) {
    const games = playCondition(population, condition, random);
    for (const { player, low, high, rankRange } of bradleyTerry(games).ratings) {
      if (holds(low, high, truth.get(player)!)) held.set(player, held.get(player)! + 1);
      const rank = 1 + order.indexOf(player);
      if (rankRange.low <= rank && rank <= rankRange.high) ranks++;
      width += (high! - low!) / 2;
    }
    for (const { player, low, high } of bradleyTerry({ ...games, person: null, prompt: null }).ratings)
      if (holds(low, high, truth.get(player)!)) independent++;
  }
  const all = simulations * order.length;
  const counts = [...held.values()];
  return {
    intervals: counts.reduce((sum, n) => sum + n, 0) / all,
    least: Math.min(...counts) / simulations,
    ranks: ranks / all,
    halfWidth: width / all,
    independent: independent / all,
  };
}

const holds = (low: number | null, high: number | null, truth: number): boolean =>
  low !== null && high !== null && low <= truth && truth <= high;
