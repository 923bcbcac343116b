/** @file What n is worth: the score of the best of n and what people say of it, for every n up to the number of images that were made. */
import { type Random, randomFor } from "@pickapic/chance";
import { bestOfWeights, type Estimate, fallFromBest, meanOf } from "@pickapic/evaluation";
import { preference } from "@pickapic/pickscore";
import { type Audience, type RankingRound, referencesOf } from "./rankingRound.ts";

/** The best of n by one scorer. */
export interface CurvePoint extends Readonly<Record<Audience, Estimate>> {
  n: number;
  /** Mean score of the pick minus the mean score of all images: log odds. */
  gain: number;
  /** How often the pick is preferred to a random image according to the scorer itself, 0...1. */
  forecast: number;
}

/** Whether an audience still agrees when the score is driven up. */
export interface OverOptimisation {
  /** The n at which the pick is preferred most. */
  best: number;
  /** The share preferred at the largest n minus that at `best`, 0 at most, with a 95 % interval that allows for the choice of `best`. */
  difference: Estimate;
  /** "rises": the largest n is the best; "falls": it is worse beyond the interval; "level": neither is shown; null when nothing can be said. */
  verdict: "rises" | "falls" | "level" | null;
}

/** The curve of one scorer, or of one lower bound. */
export interface RankingCurve extends Readonly<Record<Audience, OverOptimisation>> {
  scorer: string;
  /** By rising n: 1, 2, 4 ... and the number of images that were made. */
  points: CurvePoint[];
}

/** The powers of two below `n`, and n. */
export function sizesUpTo(n: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < n; size *= 2) sizes.push(size);
  return [...sizes, n];
}

/** One judgement of the pick against the reference, as a mean over all subsets. */
interface Expected {
  cluster: string;
  value: number;
}

/**
 * Computes the curve from one set of images per prompt: the value at n is the mean over all subsets of n images. The pick is compared with a random seed
 * with a random template, which is not among the images.
 */
export function curveOf(scorer: string, rounds: readonly RankingRound[], { n, seed }: { n: number; seed: number }): RankingCurve {
  const sizes = sizesUpTo(n);
  const ranked = rounds.map((round) => rankedOf(round, scorer, n));
  const judged = {
    people: sizes.map((size) => expectedAt(size, ranked, "people")),
    experts: sizes.map((size) => expectedAt(size, ranked, "experts")),
  };
  const random = () => randomFor("bootstrap", seed);
  return {
    scorer,
    points: sizes.map((size, i) => ({
      n: size,
      ...scoreAt(size, ranked),
      people: estimateOf(judged.people[i] ?? [], random()),
      experts: estimateOf(judged.experts[i] ?? [], random()),
    })),
    people: overOptimisationOf(sizes, judged.people, random()),
    experts: overOptimisationOf(sizes, judged.experts, random()),
  };
}

/** A round from the side of one scorer: the best image first. */
interface Ranked {
  scores: number[];
  mean: number;
  reference: number;
  /** Outcome of each image against the reference, of each viewer. */
  outcomes: Readonly<Record<Audience, readonly number[][]>>;
}

function rankedOf({ scores, viewers }: RankingRound, scorer: string, n: number): Ranked {
  const all = scores.get(scorer) ?? [];
  const { template } = referencesOf(n);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => (all[b] ?? 0) - (all[a] ?? 0));
  const sorted = order.map((i) => all[i] ?? 0);
  const seen = (audience: Audience) => viewers[audience].map((viewer) => order.map((i) => viewer(i, template)));
  return {
    scores: sorted,
    mean: sorted.reduce((sum, score) => sum + score, 0) / n,
    reference: all[template] ?? 0,
    outcomes: { people: seen("people"), experts: seen("experts") },
  };
}

/** The mean of values, best image first, over the picks of all subsets of `size`. */
function overSubsets(values: readonly number[], size: number): number {
  return bestOfWeights(values.length, size).reduce((sum, weight, i) => sum + weight * (values[i] ?? 0), 0);
}

function expectedAt(size: number, ranked: readonly Ranked[], audience: Audience): Expected[] {
  return ranked.flatMap(({ outcomes }, i) =>
    outcomes[audience].map((values) => ({ cluster: `${i}`, value: overSubsets(values, size) })),
  );
}

function scoreAt(size: number, ranked: readonly Ranked[]): Pick<CurvePoint, "gain" | "forecast"> {
  const mean = (of: (round: Ranked) => number) => ranked.reduce((sum, round) => sum + of(round), 0) / ranked.length;
  return {
    gain: mean(({ scores, mean: average }) => overSubsets(scores, size) - average),
    forecast: mean(({ scores, reference }) =>
      overSubsets(
        scores.map((score) => preference(score - reference)),
        size,
      ),
    ),
  };
}

const estimateOf = (judged: readonly Expected[], random: Random): Estimate =>
  meanOf(
    judged.map(({ value }) => value),
    random,
    { unit: "judgements", clusters: judged.map(({ cluster }) => cluster) },
  );

function overOptimisationOf(sizes: readonly number[], judged: readonly Expected[][], random: Random): OverOptimisation {
  const { best, difference } = fallFromBest(
    judged.map((at) => at.map(({ value }) => value)),
    random,
    { unit: "judgements", clusters: judged[0]?.map(({ cluster }) => cluster) },
  );
  return { best: sizes[best] ?? 1, difference, verdict: verdictOf(best === sizes.length - 1, difference) };
}

function verdictOf(isLast: boolean, { value, interval }: Estimate): OverOptimisation["verdict"] {
  if (value === null) return null;
  if (isLast) return "rises";
  if (interval === null) return null;
  return interval[1] < 0 ? "falls" : "level";
}

/** The verdict as a sentence about the scorer's pick. */
export function verdictSentence(audience: Audience, { best, verdict }: OverOptimisation, n: number): string {
  if (verdict === null) return `Whether ${audience} still agree at n = ${n} cannot be said of so few prompts.`;
  if (verdict === "rises") return `The ${audience} agree up to n = ${n}, where they prefer the pick most.`;
  return verdict === "falls"
    ? `Over-optimised: the ${audience} like the pick of n = ${n} less than that of n = ${best}, although its score is higher.`
    : `The ${audience} prefer the pick of n = ${best} most, and no fall is shown from there to n = ${n}.`;
}
