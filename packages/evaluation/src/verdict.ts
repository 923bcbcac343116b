/** @file Whether the second of two scorers is better than the first, in one honest sentence. */

import type { Random } from "@pickapic/chance";
import { type MeanSettings, meanDifferenceOf } from "./estimate.ts";
import type { Interval } from "./interval.ts";
import { normalQuantile } from "./normal.ts";

/** How a verdict is reached, and for which chance of success it forecasts the number of answers. */
export interface VerdictSettings extends MeanSettings {
  /**
   * How many answers must be collected for one more measured example, at least 1; default 1. It is 20 where a twentieth of the
   * answers is held out.
   */
  readonly answersPerExample?: number;
  /** Probability with which the forecast number of answers shows the difference, if it is real; 0.5...1, default 0.8. */
  readonly power?: number;
}

/** What the scores of two scorers on the same examples say about their difference. */
export interface PairedVerdict {
  /** Mean score of the first, 0...1; null below 30 examples. `after` is the second's. */
  readonly before: number | null;
  readonly after: number | null;
  /** After minus before, -1...1; null below 30 examples. */
  readonly difference: number | null;
  /** Interval of the difference; null when there is none. */
  readonly interval: Interval | null;
  readonly examples: number;
  /** "better" or "worse" when the interval excludes 0, else "not shown". */
  readonly verdict: "better" | "worse" | "not shown";
  /**
   * How many more answers are needed until the interval excludes 0 with probability `power`, if the difference stays the same. 0
   * when it is shown already; null when there is no forecast, or when it exceeds `MOST_TIMES` times what was measured.
   */
  readonly moreAnswers: number | null;
  /**
   * The same if the difference is as large as the interval allows: what a forecast from a small difference leaves out. Null when `moreAnswers` is 0
   * or there is no interval.
   */
  readonly moreAnswersIfLargest: number | null;
  /** Why difference or interval is null; null when both are given. */
  readonly reason: string | null;
  /** The whole verdict in one sentence without a full stop, in per cent and percentage points. */
  readonly sentence: string;
}

/** Longest forecast, as a multiple of the measured examples. */
const MOST_TIMES = 100;
/** From this multiple on the difference is less than half of its half-width, and the sentence says what a larger one would need too. */
const UNSURE_TIMES = 10;

/**
 * Compares two scorers on the same examples, in pairs. The interval is a percentile bootstrap of the differences over clusters.
 * @param before scores of the first scorer, 0...1 (1 right, 0.5 half right), such as `scores` of `measureWinners`
 * @param after scores of the second scorer on the same examples in the same order
 * @throws RangeError when the lists differ in length
 */
export function pairedVerdict(
  before: readonly number[],
  after: readonly number[],
  random: Random,
  settings: VerdictSettings = {},
): PairedVerdict {
  if (before.length !== after.length)
    throw new RangeError(`pairedVerdict: both need a score for the same examples; got ${before.length} and ${after.length}`);
  const differences = after.map((score, i) => score - (before[i] ?? 0));
  const { value: difference, interval, examples, reason } = meanDifferenceOf(differences, random, settings);
  const found: Omit<PairedVerdict, "sentence"> = {
    before: difference === null ? null : mean(before),
    after: difference === null ? null : mean(after),
    ...{ difference, interval, examples, reason },
    verdict: interval === null || includesZero(interval) ? "not shown" : interval[0] > 0 ? "better" : "worse",
    ...forecastOf(difference, interval, examples, settings),
  };
  return { ...found, sentence: sentenceOf(found, settings) };
}

const includesZero = ([low, high]: Interval): boolean => low <= 0 && high >= 0;

type Forecast = Pick<PairedVerdict, "moreAnswers" | "moreAnswersIfLargest">;

function forecastOf(difference: number | null, interval: Interval | null, examples: number, settings: VerdictSettings): Forecast {
  if (difference === null || interval === null) return { moreAnswers: null, moreAnswersIfLargest: null };
  const needed = (real: number) => moreAnswers(real, halfWidth(difference, interval), examples, settings);
  if (!includesZero(interval)) return { moreAnswers: 0, moreAnswersIfLargest: null };
  return { moreAnswers: needed(difference), moreAnswersIfLargest: needed(largestOf(difference, interval)) };
}

/** Towards 0. */
const halfWidth = (difference: number, [low, high]: Interval): number => (difference >= 0 ? difference - low : high - difference);

/** The end of the interval that is farther from 0 on the side of the difference. */
const largestOf = (difference: number, [low, high]: Interval): number => (difference >= 0 ? high : low);

/**
 * The half-width towards 0 falls with the root of the number of examples. With n' examples the measured difference is normal
 * around its present value, and the interval excludes 0 with probability `power` when |difference| = half-width(n') (1 +
 * z_power/z_confidence).
 * @param half the half-width of the interval towards 0, above 0
 * @returns null when it is more than `MOST_TIMES` times what was measured
 */
export function moreAnswers(
  difference: number,
  half: number,
  examples: number,
  { answersPerExample = 1, power = 0.8, confidence = 0.95 }: VerdictSettings,
): number | null {
  const sure = 1 + normalQuantile(power) / normalQuantile(0.5 + confidence / 2);
  const times = ((sure * half) / Math.abs(difference)) ** 2;
  // Near 0 the interval may include it by a hair while the forecast says that there are enough.
  return times <= MOST_TIMES ? Math.ceil(answersPerExample * examples * Math.max(1 / examples, times - 1)) : null;
}

function sentenceOf(
  found: Omit<PairedVerdict, "sentence">,
  { confidence = 0.95, answersPerExample = 1 }: VerdictSettings,
): string {
  const { before, after, difference, interval, verdict, reason } = found;
  if (before === null || after === null || difference === null) return `not shown to be better or worse: ${reason}`;
  const figures = `${percent(before)} → ${percent(after)} %, difference ${points(difference)} points`;
  if (interval === null) return `${figures}: not shown to be better or worse, ${reason}`;
  const shown = `${figures}, ${Number((100 * confidence).toFixed(1))} % interval ${points(interval[0])} … ${points(interval[1])}`;
  if (verdict !== "not shown") return `${shown}: ${verdict}`;
  return `${shown}: not shown to be ${difference < 0 ? "worse" : "better"} yet; ${forecast(found, largestOf(difference, interval), answersPerExample)}`;
}

/** Says what further answers would show. A difference far below its own noise says little about how many answers the true difference needs. */
function forecast(
  { moreAnswers, moreAnswersIfLargest, examples }: Omit<PairedVerdict, "sentence">,
  largest: number,
  answersPerExample: number,
): string {
  const about = (count: number) => `about ${roundUp(count).toLocaleString("en-US")} more answers`;
  const isSure = moreAnswers !== null && moreAnswers < (UNSURE_TIMES - 1) * answersPerExample * examples;
  if (isSure) return `${about(moreAnswers)} would show it, if it stays as large as this`;
  const small =
    moreAnswers === null
      ? `even ${MOST_TIMES} times as many answers would probably not show a difference as small as this`
      : `${about(moreAnswers)} would show a difference as small as this`;
  if (moreAnswersIfLargest === null) return small;
  return `${small}, ${about(moreAnswersIfLargest)} one of ${points(largest)} points, which these ${examples} examples leave possible`;
}

/** Rounds up to two digits: a forecast is no more exact than that. */
function roundUp(count: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return Math.ceil(count / unit) * unit;
}

const percent = (share: number): string => (100 * share).toFixed(1);

/** Percentage points with a real minus sign, never "−0.0". */
function points(share: number): string {
  const text = Math.abs(100 * share).toFixed(1);
  return share < 0 && Number(text) !== 0 ? `−${text}` : text;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
