/** @file The intervals of means over examples: accuracy, differences, log-loss, people, experts, win rates, shares. */
import { gauss, type Random, seededRandom } from "@pickapic/chance";
import {
  compareAccuracy,
  compareWinners,
  type Example,
  exampleScore,
  measureAccuracy,
  measureWinners,
} from "../../src/accuracy.ts";
import { calibration, favoured, logLossOf } from "../../src/calibration.ts";
import { accuracyByCategory } from "../../src/categories.ts";
import { type Estimate, meanOf, shareOf } from "../../src/estimate.ts";
import { sharedWilsonInterval } from "../../src/interval.ts";
import { agreementScore, humanCeiling } from "../../src/people.ts";
import type { CoverageCase, Trial } from "./case.ts";
import { drawExamples, type JudgedExample } from "./worlds.ts";

const PROMPTS = 60;
/** Chooses the same threshold in every simulation, because coverage is that of the accuracy with a given threshold. */
const VALIDATION = drawExamples(400, seededRandom(77));
const POPULATION = 60_000;

const everyone = (effort: number) => drawExamples(Math.ceil(effort * POPULATION), seededRandom(99));
const meanOver = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const ours = ({ cluster, label, probability0 }: JudgedExample): Example => ({ cluster, label, probability0 });
const others = ({ cluster, label, other0 }: JudgedExample): Example => ({ cluster, label, probability0: other0 });
const trial = (of: string, interval: Estimate["interval"], truth: number): Trial => ({
  of,
  low: interval?.[0] ?? null,
  high: interval?.[1] ?? null,
  truth,
});

function scorers(examples: readonly JudgedExample[], random: Random) {
  const tieAware = (of: typeof ours) =>
    measureAccuracy({ validation: VALIDATION.map(of), test: examples.map(of), random, resamples: 1000 });
  const decided = (of: typeof ours) => measureWinners(examples.map(of), random, { resamples: 1000 });
  return { tieAware, decided };
}

/** Mean scores of the two scorers in the population. */
function truths(effort: number) {
  const population = everyone(effort);
  const { tieAware } = scorers(VALIDATION, seededRandom(1));
  const share = (of: typeof ours) => {
    const { threshold } = tieAware(of);
    return meanOver(population.map((example) => exampleScore(of(example), threshold)));
  };
  const winners = (of: typeof ours) => {
    const decided = population.map(of).filter(({ label }) => label !== "tie");
    return meanOver(decided.map((example) => exampleScore(example, 0)));
  };
  return { tieAware: share(ours), otherTieAware: share(others), winners: winners(ours), otherWinners: winners(others) };
}

/** Answers that do not depend on each other, as Wilson's interval takes them. */
const independentCase: CoverageCase = {
  name: "share of independent answers",
  printed: "scores that are all right or all wrong",
  method: "Wilson",
  prepare() {
    return (random) =>
      [0.1, 0.5, 0.85].map((truth) => {
        const won = Array.from({ length: 80 }, () => random()).filter((u) => u < truth).length;
        return trial("share of independent answers", shareOf(won, 80).interval, truth);
      });
  },
};

/** Bins of a reliability diagram from which the suite knows too little to test them: fewer than five prompts. */
const FEWEST_IN_BIN = 5;

/** Reliability bins of examples of which several belong to one prompt. */
const binsCase: CoverageCase = {
  name: "reliability bins",
  printed: "evaluate scorer, train",
  method: "Wilson for as many examples as the clusters are worth",
  prepare(effort) {
    const truths = calibration(favoured(everyone(effort).map(ours))).bins;
    return (random) => {
      const examples = favoured(drawExamples(PROMPTS, random).map(ours));
      return calibration(examples).bins.flatMap(({ low, high, interval }, i): Trial[] => {
        const inBin = examples.filter(({ probability0 }) => probability0 >= low && (probability0 < high || high === 1));
        const prompts = new Set(inBin.map(({ cluster }) => cluster)).size;
        return prompts < FEWEST_IN_BIN ? [] : [trial("share in a reliability bin", interval, truths[i]?.observed ?? Number.NaN)];
      });
    };
  },
};

/**
 * Games of an image of one guidance scale, by person: people lean to more or less guidance and play unequally often, 13 % are ties, and in one of four pairs
 * both images have the scale, which is a win and a loss.
 */
function drawGuidanceGames(people: number, random: Random): { won: number; games: number }[] {
  return Array.from({ length: people }, () => {
    const leaning = 0.3 + 0.9 * gauss(random);
    const answers = 1 + Math.floor(random() ** 2 * 30);
    let [won, games] = [0, 0];
    for (let i = 0; i < answers; i++) {
      const both = random() < 0.25;
      won += both ? 1 : random() < 0.13 ? 0.5 : random() < 1 / (1 + Math.exp(-leaning)) ? 1 : 0;
      games += both ? 2 : 1;
    }
    return { won, games };
  });
}

/** Win rates by guidance scale on the statistics page, from the sums of each person. */
const guidanceCase: CoverageCase = {
  name: "win rate by guidance scale",
  printed: "the statistics page",
  method: "Wilson for as many games as the people are worth",
  prepare(effort) {
    const rateOf = (all: ReturnType<typeof drawGuidanceGames>) =>
      all.reduce((sum, { won }) => sum + won, 0) / all.reduce((sum, { games }) => sum + games, 0);
    const truth = rateOf(drawGuidanceGames(Math.ceil(effort * POPULATION), seededRandom(98)));
    return (random) =>
      [15, 60].map((people) => {
        const all = drawGuidanceGames(people, random);
        const share = rateOf(all);
        const squares = all.reduce((sum, { won, games }) => sum + (won - share * games) ** 2, 0);
        const examples = all.reduce((sum, { games }) => sum + games, 0);
        const interval = sharedWilsonInterval({ share, examples, clusters: people, squares });
        return trial(`win rate by guidance scale, ${people} people`, interval, truth);
      });
  },
};

/** The cases, in the order of the table. */
export const exampleCases: readonly CoverageCase[] = [
  {
    name: "accuracy, tie-aware and without ties; difference of two scorers",
    printed: "evaluate scorer, train, reproduce",
    method: "BCa bootstrap over prompts; differences: percentiles",
    prepare(effort) {
      const truth = truths(effort);
      return (random) => {
        const { tieAware, decided } = scorers(drawExamples(PROMPTS, random), random);
        const [a, b, c, d] = [tieAware(ours), tieAware(others), decided(ours), decided(others)];
        // Two in five examples belong to the category, whatever is in them.
        const categories = a.scores.map(() => (random() < 0.4 ? "one" : "other"));
        const within = accuracyByCategory(a, categories, ["one"], random).map(({ interval }) =>
          trial("accuracy within a category", interval, truth.tieAware),
        );
        return [
          ...within,
          trial("accuracy, tie-aware", a.interval, truth.tieAware),
          trial("accuracy without ties", c.interval, truth.winners),
          trial(
            "difference of accuracies, tie-aware",
            compareAccuracy(a, b, random).interval,
            truth.tieAware - truth.otherTieAware,
          ),
          trial(
            "difference of accuracies without ties",
            compareWinners(c, d, random).interval,
            truth.winners - truth.otherWinners,
          ),
        ];
      };
    },
  },
  {
    name: "log-loss",
    printed: "evaluate scorer",
    method: "BCa bootstrap over prompts",
    prepare(effort) {
      const truth = meanOver(everyone(effort).map(lossOf));
      return (random) => [trial("log-loss", logLossOf(drawExamples(PROMPTS, random).map(ours), random).interval, truth)];
    },
  },
  {
    name: "another person, experts",
    printed: "evaluate scorer",
    method: "BCa bootstrap over prompts",
    prepare(effort) {
      const truth = meanOver(everyone(effort).map(({ label, second }) => agreementScore(label, second)));
      return (random) => {
        const examples = drawExamples(PROMPTS, random);
        const judgements = examples.flatMap(({ cluster, label, second }, i) => [
          { pair: `${i}`, prompt: cluster, person: "a", label },
          { pair: `${i}`, prompt: cluster, person: "b", label: second },
        ]);
        const scores = examples.map(({ label, second }) => agreementScore(label, second));
        const experts = meanOf(scores, random, { clusters: examples.map(({ cluster }) => cluster) });
        return [
          trial("another person", humanCeiling(judgements, random).tieAware.interval, truth),
          trial("experts", experts.interval, truth),
        ];
      };
    },
  },
  {
    name: "share preferred: releases, picks of a ranking",
    printed: "evaluate images, evaluate ranking, reproduce",
    method: "BCa bootstrap over prompts",
    prepare() {
      // Three people judge each of 40 prompts; how good the pick is differs by prompt; ties count half.
      return (random) => {
        const judged = Array.from({ length: 40 }, (_, prompt) => {
          const better = random() ** 0.6;
          const outcome = () => (random() < 0.15 ? 0.5 : random() < better ? 1 : 0);
          return Array.from({ length: 3 }, () => ({ prompt, score: outcome() }));
        }).flat();
        const clusters = judged.map(({ prompt }) => `${prompt}`);
        const found = meanOf(
          judged.map(({ score }) => score),
          random,
          { clusters, resamples: 1000 },
        );
        return [trial("share preferred", found.interval, 0.85 * (1 / 1.6) + 0.075)];
      };
    },
  },
  independentCase,
  guidanceCase,
  binsCase,
];

const lossOf = ({ label, probability0: p }: JudgedExample): number =>
  label === "tie" ? -(Math.log(p) + Math.log(1 - p)) / 2 : -Math.log(label === 0 ? p : 1 - p);
