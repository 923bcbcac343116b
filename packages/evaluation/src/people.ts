/** @file How well people predict people: the human ceiling from pairs that several judged, and the accuracy of experts. */
import type { Random } from "@pickapic/chance";
import type { Label } from "./accuracy.ts";
import { type Estimate, meanOf } from "./estimate.ts";

/** One person's answer to a pair. */
export interface Judgement {
  /** The pair, whatever the order in which its images were shown. */
  readonly pair: string;
  readonly prompt: string;
  readonly person: string;
  /** From the side of the pair's first image, in the same order for everyone. */
  readonly label: Label;
}

/** How often the answer of another person predicts an answer. */
export interface HumanCeiling {
  /** By the score of the tie-aware accuracy: 1 for the same answer, 0.5 when one of the two is a tie, 0 for opposite winners. */
  readonly tieAware: Estimate;
  /** Among pairs of answers that both have a winner: how often it is the same one. */
  readonly winners: Estimate;
  /** Pairs of images that at least two people judged. */
  readonly pairs: number;
  /** Answers to these pairs, one per person. */
  readonly judgements: number;
  readonly protocol: string;
}

/** Scores how one answer predicts another: 1 when they are equal, 0.5 when exactly one is a tie, 0 for opposite winners. */
export function agreementScore(a: Label, b: Label): number {
  if (a === b) return 1;
  return a === "tie" || b === "tie" ? 0.5 : 0;
}

/**
 * Measures how well one person's answer predicts another person's to the same pair. A scorer that knew what most people prefer could
 * be above this, so it is a reference and no bound. Each pair counts once: the mean over all two of its people. Of a person who
 * judged a pair twice the first answer counts. Intervals resample prompts.
 */
export function humanCeiling(judgements: Iterable<Judgement>, random: Random): HumanCeiling {
  const repeated = [...byPair(judgements).values()].filter(({ labels }) => labels.length > 1);
  const tieAware = repeated.map(({ prompt, labels }) => ({ prompt, score: meanAgreement(labels) }));
  const winners = repeated.flatMap(({ prompt, labels }) => {
    const decided = labels.filter((label) => label !== "tie");
    return decided.length > 1 ? [{ prompt, score: meanAgreement(decided) }] : [];
  });
  const count = repeated.reduce((sum, { labels }) => sum + labels.length, 0);
  return {
    tieAware: estimateOf(tieAware, random, "pairs judged by two people"),
    winners: estimateOf(winners, random, "pairs to which two people gave a winner"),
    pairs: repeated.length,
    judgements: count,
    protocol:
      `one person predicts another on ${repeated.length} pairs that at least two people judged (${count} answers); each pair counts once, a tie of only one of two ` +
      `people scores 0.5; 95 % interval by BCa bootstrap over prompts, 2000 resamples`,
  };
}

interface Repeated {
  readonly prompt: string;
  readonly labels: Label[];
}

/** The answers to each pair, one per person. */
function byPair(judgements: Iterable<Judgement>): Map<string, Repeated> {
  const pairs = new Map<string, Repeated>();
  const seen = new Set<string>();
  for (const { pair, prompt, person, label } of judgements) {
    const key = JSON.stringify([pair, person]);
    if (seen.has(key)) continue;
    seen.add(key);
    const known = pairs.get(pair) ?? { prompt, labels: [] };
    known.labels.push(label);
    pairs.set(pair, known);
  }
  return pairs;
}

/** The mean score over all two of the answers, by their counts. */
function meanAgreement(labels: readonly Label[]): number {
  const counts = new Map<Label, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  let sum = 0;
  for (const [a, countA] of counts)
    for (const [b, countB] of counts) sum += countA * (a === b ? countA - 1 : countB) * agreementScore(a, b);
  return sum / (labels.length * (labels.length - 1));
}

interface Scored {
  readonly prompt: string;
  readonly score: number;
}

const estimateOf = (scored: readonly Scored[], random: Random, unit: string): Estimate =>
  meanOf(
    scored.map(({ score }) => score),
    random,
    { unit, clusters: scored.map(({ prompt }) => prompt) },
  );
