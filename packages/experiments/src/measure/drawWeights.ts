/** @file Weights that make up for models that were drawn unequally often: what answers would say if all models were equally likely. */
import { thousands } from "@pickapic/report/figures";
import type { JudgedPair } from "./pairs.ts";

/** Answers with their weights. */
export interface WeightedPairs {
  /** The answers whose draw is known, and the draws that led to their kept image. */
  readonly pairs: JudgedPair[];
  /** Of each of `pairs`, above 0, with mean 1. */
  readonly weights: number[];
  /** The other answers, which are left out. */
  readonly leftOut: number;
  /** How many equally weighted answers vary as much: (sum w)^2 / sum w^2 (Kish 1965), 0 without answers. */
  readonly effective: number;
}

/**
 * Weights each answer by the product of q/p over the draws that led to it (docs/mathematics.md, "Answers weighted by their draw"): p is the probability
 * with which models were drawn, q what it would be if all K models of these answers were equally likely. A kept image was chosen from an earlier
 * pair, so that its answer has the weight of that pair's answer too. Weights have mean 1 (Hajek 1971), so that a prior counts as before.
 * @param all in any order; those of one person to one prompt are followed by their ranking ids
 */
export function drawWeights(all: readonly JudgedPair[]): WeightedPairs {
  const models = new Set(all.flatMap(({ image0, image1 }) => [image0.model, image1.model])).size;
  const ratios = ratiosOf(all, models);
  const pairs = all.filter((pair) => ratios.has(pair));
  const sum = pairs.reduce((total, pair) => total + (ratios.get(pair) ?? 0), 0);
  const weights = pairs.map((pair) => ((ratios.get(pair) ?? 0) * pairs.length) / sum);
  const squares = weights.reduce((total, weight) => total + weight * weight, 0);
  const effective = pairs.length === 0 ? 0 : pairs.length ** 2 / squares;
  return { pairs, weights, leftOut: all.length - pairs.length, effective };
}

/** The product of q/p of each answer for which all of it is known. */
function ratiosOf(all: readonly JudgedPair[], models: number): Map<JudgedPair, number> {
  const ratios = new Map<JudgedPair, number>();
  // By person, image and prompt: the product of the answer in which the image was shown last, null where it is not known.
  const latest = new Map<string, number | null>();
  const inOrder = [...all].sort((x, y) => (x.rankingId < y.rankingId ? -1 : 1));
  for (const pair of inOrder) {
    const keys = [pair.image0, pair.image1].map(({ uid }) => `${pair.person}\n${uid}\n${pair.caption}`);
    const { kept = null } = pair;
    const before = kept === null ? 1 : (latest.get(keys[kept] ?? "") ?? null);
    const p = pair.drawProbability ?? null;
    const ratio = before === null || p === null ? null : (before * equalProbability(pair, models)) / p;
    for (const key of keys) latest.set(key, ratio);
    if (ratio !== null) ratios.set(pair, ratio);
  }
  return ratios;
}

/** The probability of the pair's models if each of `models` were equally likely: of the new one where an image was kept, else of both. */
function equalProbability({ kept = null, image0, image1 }: JudgedPair, models: number): number {
  if (kept !== null) return 1 / models;
  return (image0.model === image1.model ? 1 : 2) / models ** 2;
}

/** Returns what a reader must know beside figures of weighted answers. */
export function weightingSentence({ pairs, leftOut, effective }: WeightedPairs): string {
  const lost =
    leftOut === 0
      ? ""
      : ` ${thousands(leftOut)} ${leftOut === 1 ? "answer is" : "answers are"} left out, because the probability of a draw that led to ${leftOut === 1 ? "it" : "them"} is not recorded.`;
  return (
    `Answers are weighted as if all models had been drawn equally often: these ${thousands(pairs.length)} vary as ${thousands(Math.round(effective))} of equal weight would.${lost} ` +
    "Elo ratings and the checks of the first rank are not weighted."
  );
}
