/** @file The intervals of ratings and of the agreement of two judges about models. */
import { gauss, type Random, seededRandom } from "@pickapic/chance";
import { kendall, pairwiseAgreement, spearman } from "../../src/correlation.ts";
import { eloRatings } from "../../src/elo.ts";
import { at, real } from "../../src/matrix.ts";
import { ratingAgreement } from "../../src/ratings/agreement.ts";
import { bradleyTerry, SCALE } from "../../src/ratings/bradleyTerry.ts";
import { adjustedRatings } from "../../src/ratings/covariates.ts";
import { davidson } from "../../src/ratings/davidson.ts";
import { type GameCount, gamesOf } from "../../src/ratings/games.ts";
import { winRates } from "../../src/ratings/winRates.ts";
import type { CoverageCase, Trial } from "./case.ts";
import {
  CROSSED,
  type CrossedWorld,
  drawAnswers,
  drawLeanings,
  drawShown,
  drawWeighted,
  equallyDrawn,
  expectedAnswers,
  nameOf,
  trueStrengths,
  winShare,
} from "./worlds.ts";

interface Rated {
  player: string;
  low: number | null;
  high: number | null;
}

/** A trial for each player, all under one name. */
const trialsOf = (of: string, ratings: readonly Rated[], truth: ReadonlyMap<string, number>): Trial[] =>
  ratings.map(({ player, low, high }) => ({ of, low, high, truth: truth.get(player) ?? Number.NaN }));

const byPlayer = (ratings: readonly { player: string; rating: number }[]) =>
  new Map(ratings.map(({ player, rating }) => [player, rating]));

const trueRatings = (world: CrossedWorld) =>
  new Map([...trueStrengths(world)].map((theta, i) => [nameOf(i), 1000 + SCALE * theta]));

/** Names of the players, the best first. */
const trueOrder = (truth: ReadonlyMap<string, number>) =>
  [...truth.keys()].sort((x, y) => (truth.get(y) ?? 0) - (truth.get(x) ?? 0));

/** A covariate whose value is drawn for each answer: guidance differences of -1, 0 and 1 that are worth 0.5 in log odds. */
const COVARIATE = 0.5;

function covariateAnswers(random: Random): { rows: GameCount[]; difference: Float64Array } {
  const shown = drawShown(CROSSED, random);
  const difference = Float64Array.from(shown, () => Math.floor(3 * random()) - 1);
  const [liked, suited] = [CROSSED.people, CROSSED.prompts].map((count) => drawLeanings(count, 4, CROSSED.taste, random));
  const rows = shown.map(({ a, b, person, prompt }, row): GameCount => {
    const worth = (model: number) =>
      at(CROSSED.strengths, model) + (liked?.[person]?.[model] ?? 0) + (suited?.[prompt]?.[model] ?? 0);
    const wins = random() < 1 / (1 + Math.exp(worth(b) - worth(a) - COVARIATE * real(difference, row)));
    return { a: nameOf(a), b: nameOf(b), outcome: random() < CROSSED.ties ? 0.5 : wins ? 1 : 0, person, prompt };
  });
  return { rows, difference };
}

/** What the regression converges to, by the answers of endlessly many people and prompts at each value of the covariate. */
function trueCovariate() {
  const rows: GameCount[] = [];
  const differences: number[] = [];
  for (const value of [-1, 0, 1]) {
    // The covariate acts from the side of a, and a and b are drawn in either order.
    for (let a = 0; a < 4; a++) {
      for (let b = 0; b < 4; b++) {
        if (a === b) continue;
        const moved = { ...CROSSED, strengths: CROSSED.strengths.map((each, i) => each + (i === a ? COVARIATE * value : 0)) };
        for (const row of expectedAnswers(moved)) {
          const forward = row.a === nameOf(a) && row.b === nameOf(b);
          if (!forward && !(row.a === nameOf(b) && row.b === nameOf(a))) continue;
          const turned = (1 - row.outcome) as GameCount["outcome"];
          rows.push(forward ? row : { a: row.b, b: row.a, outcome: turned, games: row.games });
          differences.push(value);
        }
      }
    }
  }
  return adjustedRatings(gamesOf(rows), [{ name: "x", difference: Float64Array.from(differences) }], { prior: 1e-3 });
}

/** Two judges of the same pairs: people, and a scorer whose strengths are correlated with theirs. New models in each simulation. */
function judgedTwice(models: number, answers: number, correlation: number, random: Random) {
  const strengths = Array.from({ length: models }, () => 0.6 * gauss(random));
  const own = strengths.map((each) => correlation * each + 0.6 * Math.sqrt(1 - correlation ** 2) * gauss(random));
  const weights = Array.from({ length: models }, () => 0.5 + random());
  const people: CrossedWorld = { ...CROSSED, strengths, weights, answers, people: 25, prompts: 80 };
  const scorer: CrossedWorld = { ...people, strengths: own, taste: 0.3, ties: 0.08 };
  const shown = drawShown(people, random);
  const truth = [trueStrengths(people), trueStrengths({ ...scorer, taste: 0.3 / Math.SQRT2 })] as const;
  const first = drawAnswers(people, random, shown);
  // A scorer has no person's taste: its choices depend on the prompt alone.
  const suited = drawLeanings(people.prompts, models, scorer.taste, random);
  const second = shown.map(({ a, b, prompt, person }): GameCount => {
    const worth = (model: number) => at(own, model) + (suited[prompt]?.[model] ?? 0);
    const wins = random() < 1 / (1 + Math.exp(worth(b) - worth(a)));
    return { a: nameOf(a), b: nameOf(b), outcome: random() < scorer.ties ? 0.5 : wins ? 1 : 0, person, prompt };
  });
  return { first, second, truth };
}

const agreementCase = (models: number, answers: number): CoverageCase => ({
  name: `agreement about ${models} models`,
  printed: "evaluate models",
  method: "posterior of true strengths (normal models, crossed noise), shortest interval",
  prepare() {
    return (random) => {
      const correlation = [0, 0.6, 0.9, 0.98][Math.floor(4 * random())] ?? 0;
      const { first, second, truth } = judgedTwice(models, answers, correlation, random);
      const found = ratingAgreement(first, second, { random, draws: 300 });
      const [x, y] = truth;
      const trial = (what: string, { low, high }: { low: number | null; high: number | null }, value: number): Trial => ({
        of: `${what} of ${models} models`,
        ...{ low, high, truth: value },
      });
      return [
        trial("Spearman", found.spearman, spearman([...x], [...y])),
        trial("Kendall", found.kendall, kendall(x, y)),
        trial("pairs ordered alike", found.pairs, pairwiseAgreement(x, y)),
      ];
    };
  },
});

/** The models' weights change in the middle of a collection, and with them who answers and what they like. */
const CHANGING: readonly CrossedWorld[] = [
  { ...CROSSED, weights: [4, 3, 2, 1], answers: 600 },
  { ...CROSSED, weights: [1, 2, 3, 4], answers: 600, strengths: [0.9, 0.3, 0.2, 0.4] },
];

/** The cases, in the order of the table. */
export const ratingCases: readonly CoverageCase[] = [
  {
    name: "Bradley-Terry",
    printed: "leaderboard, evaluate models",
    method: "crossed jackknife (CV3), Student's t",
    prepare() {
      const truth = trueRatings(CROSSED);
      const order = trueOrder(truth);
      return (random) => {
        const { ratings } = bradleyTerry(drawAnswers(CROSSED, random));
        const ranks = ratings.map(({ player, rankRange }) => ({
          ...{ of: "rank ranges", low: rankRange.low, high: rankRange.high },
          truth: 1 + order.indexOf(player),
        }));
        return [...trialsOf("Bradley-Terry rating", ratings, truth), ...ranks];
      };
    },
  },
  {
    name: "Bradley-Terry, draws",
    printed: "bradleyTerry with bootstrap",
    method: "crossed draws, scaled to the two-way variance",
    prepare() {
      const truth = trueRatings(CROSSED);
      return (random) => {
        const { ratings } = bradleyTerry(drawAnswers(CROSSED, random), { bootstrap: { draws: 400, random } });
        return trialsOf("Bradley-Terry rating by draws", ratings, truth);
      };
    },
  },
  {
    name: "Davidson",
    printed: "evaluate models",
    method: "crossed jackknife, Student's t",
    prepare() {
      const population = davidson(expectedAnswers(CROSSED), { prior: 1e-3 });
      const truth = byPlayer(population.ratings);
      return (random) => {
        const { ratings, ties } = davidson(drawAnswers(CROSSED, random));
        const among = {
          of: "Davidson's probability of a tie",
          low: ties.low,
          high: ties.high,
          truth: population.ties.value ?? 0,
        };
        return [...trialsOf("Davidson rating", ratings, truth), among];
      };
    },
  },
  {
    name: "covariates",
    printed: "evaluate models",
    method: "crossed jackknife, Student's t",
    prepare() {
      const population = trueCovariate();
      const truth = byPlayer(population.ratings);
      return (random) => {
        const { rows, difference } = covariateAnswers(random);
        const { ratings, coefficients } = adjustedRatings(gamesOf(rows), [{ name: "x", difference }]);
        const value = population.coefficients[0]?.value ?? 0;
        const effects = coefficients.map(({ low, high }) => ({ of: "effect of a covariate", low, high, truth: value }));
        return [...trialsOf("rating with covariates alike", ratings, truth), ...effects];
      };
    },
  },
  {
    name: "win rates",
    printed: "evaluate models",
    method: "crossed jackknife of the log odds, Student's t",
    prepare() {
      return (random) => {
        const { players, rates } = winRates(drawAnswers(CROSSED, random));
        return players.flatMap((_, i) =>
          players.slice(0, i).flatMap((_other, j): Trial[] => {
            const rate = rates[i]?.[j];
            return rate ? [{ of: "win rate of two models", low: rate.low, high: rate.high, truth: winShare(CROSSED, i, j) }] : [];
          }),
        );
      };
    },
  },
  {
    name: "answers weighted by their draw",
    printed: "evaluate models --draw-weights",
    method: "crossed jackknife of the weighted likelihood, Student's t",
    prepare() {
      const { shares, strengths } = equallyDrawn(CHANGING);
      const truth = new Map([...strengths].map((theta, i) => [nameOf(i), 1000 + SCALE * theta]));
      return (random) => {
        const answers = drawWeighted(CHANGING, random);
        const { rates } = winRates(answers);
        const byPair = rates.flatMap((row, i) =>
          row
            .slice(0, i)
            .flatMap((rate, j): Trial[] =>
              rate ? [{ of: "weighted win rate", low: rate.low, high: rate.high, truth: shares.at(i, j) }] : [],
            ),
        );
        return [...trialsOf("weighted Bradley-Terry rating", bradleyTerry(answers).ratings, truth), ...byPair];
      };
    },
  },
  {
    name: "Elo",
    printed: "evaluate models",
    method: "crossed jackknife at the resting point, Student's t",
    prepare(effort) {
      const worlds = Math.ceil(effort * ELO_WORLDS);
      // The mean rating of as many answers: Elo has no truth but what it gives on average.
      const sums = new Map<string, number>();
      for (let i = 0; i < worlds; i++)
        for (const { player, mean } of eloRatings(drawAnswers(CROSSED, seededRandom(5e6 + i)), {
          random: seededRandom(i),
          shuffles: 10,
        }))
          sums.set(player, (sums.get(player) ?? 0) + mean / worlds);
      return (random) => trialsOf("Elo rating", eloRatings(drawAnswers(CROSSED, random), { random }), sums);
    },
  },
  agreementCase(4, 1500),
  agreementCase(8, 1800),
  agreementCase(12, 2000),
  agreementCase(24, 4000),
];

/** Simulated data sets whose mean is the truth of Elo: its standard error is a twelfth of that of one of them. */
const ELO_WORLDS = 150;
