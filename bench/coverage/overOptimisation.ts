/** @file The interval of how far people still agree when the score of a pick is driven up, as `evaluate ranking` prints it. */
import { gauss, type Random, seededRandom } from "../../packages/chance/src/index.ts";
import { bestOfWeights, fallFromBest, meanOf } from "../../packages/evaluation/src/index.ts";
import type { CoverageCase, Trial } from "../../packages/evaluation/test/coverage/case.ts";
import { sizesUpTo } from "../../packages/experiments/src/measure/rankingCurve.ts";
import type { Outcome, RankingRound, Viewer } from "../../packages/experiments/src/measure/rankingRound.ts";

const PROMPTS = 60;
const IMAGES = 16;
/** Prompts from which the truth is computed. */
const POPULATION = 20_000;

/** How quality falls with the square of the score: from a score that people always follow to one that is soon driven too high. */
const BENDS = [0.1, 0.25, 0.4] as const;

/** Rounds whose images are worth more to people as their score rises, but less again when it rises too far; 15 % of the answers are ties. */
function drawRounds(prompts: number, bend: number, random: Random): RankingRound[] {
  return Array.from({ length: prompts }, (_, i): RankingRound => {
    const scores = Array.from({ length: IMAGES + 2 }, () => gauss(random));
    const suited = 0.5 * gauss(random);
    const worth = scores.map((score) => suited + 0.6 * score - bend * score ** 2 + 0.7 * gauss(random));
    const viewer = (): Viewer => {
      const answers = worth.map((own): Outcome => {
        if (random() < 0.15) return 0.5;
        return random() < 1 / (1 + Math.exp((worth.at(-1) ?? 0) - own)) ? 1 : 0;
      });
      return (first) => answers[first] ?? 0.5;
    };
    const viewers = { people: [viewer(), viewer(), viewer()], experts: [] };
    return { prompt: `${i}`, requests: [], scores: new Map([["score", scores]]), viewers };
  });
}

/** How often people prefer the pick of each number of images to the reference. [sizes][rounds x people], as `curveOf` compares them. */
function preferences(rounds: readonly RankingRound[]): { columns: number[][]; clusters: string[] } {
  const judged = rounds.flatMap(({ scores, viewers }, i) => {
    const own = scores.get("score") ?? [];
    const order = Array.from({ length: IMAGES }, (_, image) => image).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0));
    return viewers.people.map((viewer) => ({ cluster: `${i}`, outcomes: order.map((image) => viewer(image, IMAGES + 1)) }));
  });
  const columns = WEIGHTS.map((weights) =>
    judged.map(({ outcomes }) => outcomes.reduce<number>((sum, outcome, rank) => sum + outcome * (weights[rank] ?? 0), 0)),
  );
  return { columns, clusters: judged.map(({ cluster }) => cluster) };
}

/** With what probability the image of each rank is the best of each number of images. */
const WEIGHTS = sizesUpTo(IMAGES).map((n) => bestOfWeights(IMAGES, n));

const meanOver = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The share preferred at each number of images, and the fall; it is absent when the pick of all images is preferred most. */
export const overOptimisationCase: CoverageCase = {
  name: "over-optimisation of a score",
  printed: "evaluate ranking, reproduce",
  method: "BCa bootstrap over prompts; of the fall simultaneous over the numbers of images, at the levels of Student's t",
  prepare(effort) {
    const truths = BENDS.map((bend, i) =>
      preferences(drawRounds(Math.ceil(effort * POPULATION), bend, seededRandom(60 + i))).columns.map(meanOver),
    );
    return (random): Trial[] =>
      BENDS.flatMap((bend, i) => {
        const { columns, clusters } = preferences(drawRounds(PROMPTS, bend, random));
        const { best, difference } = fallFromBest(columns, random, { clusters, resamples: 1000 });
        const truth = truths[i];
        if (!truth) return [];
        const preferred = columns.map((column, k): Trial => {
          const [low, high] = meanOf(column, random, { clusters, resamples: 1000 }).interval ?? [null, null];
          return { of: "share preferred by the number of images", low, high, truth: truth[k] ?? Number.NaN };
        });
        if (best === columns.length - 1) return preferred;
        const [low, high] = difference.interval ?? [null, null];
        const held = (truth.at(-1) ?? Number.NaN) - (truth[best] ?? Number.NaN);
        return [...preferred, { of: "fall from the best number of images to all of them", low, high, truth: held }];
      });
  },
};
