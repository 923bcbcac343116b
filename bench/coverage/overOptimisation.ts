/** @file The interval of how far people still agree when the score of a pick is driven up, as `evaluate ranking` prints it. */
import { gauss, type Random, seededRandom } from "../../packages/chance/src/index.ts";
import type { CoverageCase, Trial } from "../../packages/evaluation/test/coverage/case.ts";
import { curveOf } from "../../packages/experiments/src/measure/rankingCurve.ts";
import type { Outcome, Round, Viewer } from "../../packages/experiments/src/measure/rankingRound.ts";

const PROMPTS = 60;
const IMAGES = 16;
/** Prompts from which the truth is computed. */
const POPULATION = 20_000;

/** How quality falls with the square of the score: from a score that people always follow to one that is soon driven too high. */
const BENDS = [0.1, 0.25, 0.4] as const;

/** Rounds whose images are worth more to people as their score rises, but less again when it rises too far; 15 % of the answers are ties. */
function drawRounds(prompts: number, bend: number, random: Random): Round[] {
  return Array.from({ length: prompts }, (_, i): Round => {
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

const curve = (rounds: readonly Round[], seed: number) => curveOf("score", rounds, { n: IMAGES, seed });

/** The interval of over-optimisation; it is absent when the pick of all images is preferred most. */
export const overOptimisationCase: CoverageCase = {
  name: "over-optimisation of a score",
  printed: "evaluate ranking, reproduce",
  method: "percentiles over prompts at the levels of Student's t, Bonferroni over the numbers of images",
  prepare(effort) {
    const truths = BENDS.map((bend, i) => {
      const { points } = curve(drawRounds(Math.ceil(effort * POPULATION), bend, seededRandom(60 + i)), 1);
      return new Map(points.map(({ n, people }) => [n, people.value ?? Number.NaN]));
    });
    return (random): Trial[] =>
      BENDS.flatMap((bend, i) => {
        const { people } = curve(drawRounds(PROMPTS, bend, random), Math.floor(random() * 2 ** 31));
        const truth = truths[i];
        if (people.best === IMAGES || !truth) return [];
        const [low, high] = people.difference.interval ?? [null, null];
        const held = (truth.get(IMAGES) ?? Number.NaN) - (truth.get(people.best) ?? Number.NaN);
        return [{ of: "fall from the best number of images to all of them", low, high, truth: held }];
      });
  },
};
