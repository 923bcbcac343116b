/** @file What training changed: the same pairs judged before and after, compared in pairs, with intervals. Pure. */

import { randomFor } from "@pickapic/chance";
import { itemAt } from "@pickapic/errors";
import {
  type AccuracyDifference,
  type Calibration,
  calibration,
  chanceCalibrationError,
  compareAccuracy,
  compareWinners,
  type Example,
  favoured,
  type Interval,
  type Label,
  logLoss,
  measureAccuracy,
  measureWinners,
  tooFew,
} from "@pickapic/evaluation";
import type { ValidationPair } from "@pickapic/pickscore";

/** Pairs of one split that the model judged before and after training. */
export interface JudgedPairs {
  split: string;
  pairs: readonly ValidationPair[];
}

interface JudgedAccuracy {
  /** 0...1; null where there are too few examples. */
  accuracy: number | null;
  /** Null where it cannot be had. */
  interval: Interval | null;
}

/** An accuracy before and after, by one protocol. */
export interface Comparison {
  /** Examples that count. */
  examples: number;
  before: JudgedAccuracy;
  after: JudgedAccuracy;
  /** After minus before, on the same examples; null where there are too few. */
  difference: number | null;
  /** Null where it cannot be had. */
  interval: Interval | null;
  /** Why the difference or its interval is null; null when both are there. */
  reason: string | null;
  /** Examples that only the trained model gets right, and those that only the starting model got right. */
  gained: number;
  lost: number;
  protocol: string;
}

/** Before and after by one measure; the smaller the better. */
interface Change<T = number> {
  before: T;
  after: T;
}

/** How sure the model is against how often it is right, from the side of the likelier image. */
export interface Reliability {
  before: Calibration;
  after: Calibration;
  /** Calibration error that an honest model with these probabilities would show on as few pairs; null where they are too few. */
  chance: Change<number | null>;
}

/** The starting model against the trained one on the pairs of one split. */
export interface SplitOutcome {
  split: string;
  pairs: number;
  ties: number;
  /** null when every pair is a tie */
  withoutTies: Comparison | null;
  /** By the paper's protocol; null without other pairs that choose the threshold. */
  tieAware: Comparison | null;
  reliability: Reliability;
  /** nats */
  logLoss: Change;
}

/** The starting model against the trained one; null for a split that has no judged pairs. */
export interface Outcome {
  /** These pairs chose the checkpoint, so their result is slightly too good. */
  validation: SplitOutcome | null;
  /** These had no part in training. */
  test: SplitOutcome | null;
}

/** Says for each figure of an outcome that is missing why it is, one sentence each. */
export function outcomeGaps({ test, validation }: Outcome): string[] {
  return [test, validation].flatMap((outcome) => {
    if (!outcome) return [];
    const reasons = [
      ["without ties", outcome.withoutTies?.reason ?? null],
      ["tie-aware", outcome.tieAware?.reason ?? null],
      ["calibration", tooFew(outcome.pairs, "pairs")],
    ];
    return reasons.flatMap(([what, reason]) => (reason === null ? [] : [`${outcome.split}, ${what}: ${reason}.`]));
  });
}

type Moment = "before" | "after";

/** Measures both splits. The tie threshold of the test pairs is chosen on the validation pairs. */
export function measureOutcome(validation: JudgedPairs | null, test: JudgedPairs | null, seed: number): Outcome {
  return {
    validation: validation && splitOutcome(validation, null, seed),
    test: test && splitOutcome(test, validation, seed),
  };
}

function splitOutcome({ split, pairs }: JudgedPairs, validation: JudgedPairs | null, seed: number): SplitOutcome {
  const examples = { before: examplesOf(pairs, "before"), after: examplesOf(pairs, "after") };
  const ties = examples.after.filter(({ label }) => label === "tie").length;
  const chance = (moment: Moment) => chanceCalibrationError(favoured(examples[moment]), randomFor("calibration", seed));
  return {
    split,
    pairs: pairs.length,
    ties,
    withoutTies: ties === pairs.length ? null : withoutTies(examples, split, seed),
    tieAware: validation && validation.pairs.length > 0 ? tieAware(examples, split, validation, seed) : null,
    reliability: {
      before: calibration(favoured(examples.before)),
      after: calibration(favoured(examples.after)),
      chance: { before: chance("before"), after: chance("after") },
    },
    logLoss: { before: logLoss(examples.before), after: logLoss(examples.after) },
  };
}

/** Pairs of one prompt form a cluster; in a split with one pair per prompt each pair is independent. */
export function examplesOf(pairs: readonly ValidationPair[], moment: Moment): Example[] {
  const repeated = new Set(pairs.map(({ caption }) => caption)).size < pairs.length;
  return pairs.map((pair) => ({
    probability0: pair[moment],
    label: labelOf(pair),
    cluster: repeated ? pair.caption : undefined,
  }));
}

/** What the person chose. */
export function labelOf({ target: [first, second] }: Pick<ValidationPair, "target">): Label {
  if (first === second) return "tie";
  return first > second ? 0 : 1;
}

type BothExamples = Record<Moment, readonly Example[]>;

function withoutTies(examples: BothExamples, name: string, seed: number): Comparison {
  const measure = (moment: Moment) => measureWinners(examples[moment], randomFor("bootstrap", seed), { name });
  const [before, after] = [measure("before"), measure("after")];
  return comparison(before, after, compareWinners(after, before, randomFor("bootstrap", seed)));
}

function tieAware(examples: BothExamples, test: string, validation: JudgedPairs, seed: number): Comparison {
  const names = { test, validation: validation.split };
  const measure = (moment: Moment) => {
    const random = randomFor("bootstrap", seed);
    return measureAccuracy({ validation: examplesOf(validation.pairs, moment), test: examples[moment], random, names });
  };
  const [before, after] = [measure("before"), measure("after")];
  return comparison(before, after, compareAccuracy(after, before, randomFor("bootstrap", seed)));
}

interface Scored extends JudgedAccuracy {
  scores: readonly number[];
  protocol: string;
}

function comparison(before: Scored, after: Scored, { difference, interval, reason, protocol }: AccuracyDifference): Comparison {
  const changes = after.scores.map((score, i) => score - itemAt(before.scores, i));
  return {
    examples: after.scores.length,
    before: { accuracy: before.accuracy, interval: before.interval },
    after: { accuracy: after.accuracy, interval: after.interval },
    difference,
    interval,
    reason,
    gained: changes.filter((change) => change > 0).length,
    lost: changes.filter((change) => change < 0).length,
    protocol: `${after.protocol}; ${protocol}`,
  };
}
