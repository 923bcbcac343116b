/** @file The report of `evaluate scorer`: how well scorers, and people, predict what people prefer (section 5 of the paper). */
import { randomFor } from "@pickapic/chance";
import { checkIds, type Dataset, openDataset, type Split } from "@pickapic/dataset";
import {
  type AccuracyDifference,
  type AccuracyReport,
  accuracyByCategory,
  type Calibration,
  type CategoryAccuracy,
  calibration,
  chanceCalibrationError,
  compareAccuracy,
  compareWinners,
  type Example,
  FEWEST_EXAMPLES,
  favoured,
  type HumanCeiling,
  humanCeiling,
  type Interval,
  logLossOf,
  measureAccuracy,
  measureWinners,
  type WinnersReport,
} from "@pickapic/evaluation";
import { closeScorers, type NamedScorer, openNamedScorers } from "@pickapic/pickscore/scorers";
import type { PixelPolicy } from "@pickapic/pictures/policy";
import { CATEGORIES, type CategoryName } from "./categories.ts";
import { type Citation, citationOf } from "./citation.ts";
import { type ExpertResult, measureExpertAnswers } from "./expertAnswers.ts";
import { judgeSplits, type ScorerFailures } from "./failures.ts";
import type { JudgedPair, JudgeSettings } from "./pairs.ts";
import { type Answer, answersIn, readExperts } from "./people.ts";
import { remarksOf } from "./remarks.ts";
import { examplesOf, type MeasureScorersSettings, type RandomPredictor, randomPredictor } from "./scorers.ts";

/** What is measured of the scorers besides their accuracy. */
export interface ScorerReportSettings extends MeasureScorersSettings {
  /** The split to measure; without it, test_unique or, where that is too small to tell a share from, test. */
  split?: "test" | "test_unique" | undefined;
  /** The categories for which the accuracy is reported. */
  by?: readonly CategoryName[] | undefined;
  /** A table of experts' answers to rankings of the dataset. */
  experts?: string | undefined;
  /** Share of the rankings that may be left out because an image in them has no score, 0...1; default 0.05. */
  mostFailed?: number | undefined;
}

/** Everything that is measured of one scorer. */
export interface ScorerResult extends AccuracyReport {
  scorer: string;
  /** The accuracy without ties. */
  winners: WinnersReport;
  /** Mean -log of the probability of the answer, nats; a guess has log 2 = 0.693. Null below 30 examples, and where a probability is 0. */
  logLoss: number | null;
  /** Null when there is none. */
  logLossInterval: Interval | null;
  /** How sure the scorer is against how often it is right. */
  calibration: Calibration;
  /** The calibration error that an honest scorer with these probabilities shows by chance; null below 30 examples. */
  calibrationByChance: number | null;
}

/** Two scorers compared in pairs on the same examples. */
export interface ScorerDifference {
  a: string;
  b: string;
  tieAware: AccuracyDifference;
  winners: AccuracyDifference;
}

/** The accuracy of each scorer within the categories of one kind. */
export interface CategoryTable {
  by: CategoryName;
  /** In the order of the scorers; each has the same categories in the same order. */
  scorers: readonly { scorer: string; categories: readonly CategoryAccuracy[] }[];
}

/** The split that chooses the threshold for ties, and the split that is measured once with it. */
export interface MeasuredSplits {
  readonly validation: Split;
  readonly test: Split;
}

/** How well scorers and people predict what people prefer, with everything that must be told beside it. */
export interface ScorerReport {
  dataset: string;
  pixels: PixelPolicy;
  splits: MeasuredSplits;
  /** Examples that were measured; `leftOut` had an image without a score. */
  examples: number;
  leftOut: { validation: number; test: number };
  failures: ScorerFailures[];
  /** 0...1; null when there are too few examples. */
  tieShare: number | null;
  random: RandomPredictor;
  scorers: ScorerResult[];
  /** The first scorer against each of the others. */
  differences: ScorerDifference[];
  /** How well one person predicts another. */
  people: HumanCeiling;
  /** Null when no experts' answers were given. */
  experts: ExpertResult | null;
  categories: CategoryTable[];
  /** Sentences without which the figures mislead, such as that all answers are of one person. */
  remarks: string[];
  cite: Citation;
}

/** Measures scorers on the splits that the report names, and people on all answers of the dataset. */
export async function measureScorers(settings: ScorerReportSettings, effects: JudgeSettings): Promise<ScorerReport> {
  const dataset = await openDataset(settings.folder);
  await checkIds(dataset);
  const experts = settings.experts === undefined ? null : await readExperts(settings.experts);
  const scorers = await openNamedScorers(settings.scorers, settings);
  try {
    const judged = await judgeBoth(dataset, scorers, settings, effects);
    const answers = await answersIn(dataset);
    const results = scorers.map(({ name }, i) => resultOf(name, i, judged, settings.seed));
    const people = humanCeiling(judgementsOf(answers), randomFor("bootstrap", settings.seed));
    const measuredExperts = experts && measureExpertAnswers(judged.test, experts, results, settings.seed);
    return {
      dataset: settings.folder,
      pixels: settings.pixels,
      ...judged.facts,
      tieShare: results[0]?.tieShare ?? null,
      random: randomPredictor(examplesOf(judged.validation, 0), examplesOf(judged.test, 0)),
      scorers: results,
      differences: differencesOf(results, settings.seed),
      people,
      experts: measuredExperts,
      categories: (settings.by ?? []).map((by) => categoryTable(by, judged.test, results, answers, settings.seed)),
      remarks: remarksOf(judged.test, answers, people),
      cite: await citationOf(settings, scorers, results, {
        ...judged.facts.splits,
        examples: judged.test.length,
        thresholdExamples: judged.validation.length,
        leftOut: judged.facts.leftOut,
      }),
    };
  } finally {
    await closeScorers(scorers);
  }
}

interface Judged {
  readonly validation: readonly JudgedPair[];
  readonly test: readonly JudgedPair[];
  readonly facts: Pick<ScorerReport, "splits" | "examples" | "leftOut" | "failures">;
}

async function judgeBoth(
  dataset: Dataset,
  scorers: readonly NamedScorer[],
  { split, mostFailed }: ScorerReportSettings,
  effects: JudgeSettings,
): Promise<Judged> {
  const splits = splitsToMeasure(dataset, split);
  const judged = await judgeSplits(dataset, [splits.validation, splits.test], scorers, { ...effects, mostFailed });
  const [validation, test] = [judged.of(splits.validation), judged.of(splits.test)];
  const leftOut = { validation: judged.leftOutOf(splits.validation), test: judged.leftOutOf(splits.test) };
  return { validation, test, facts: { splits, examples: test.length, leftOut, failures: judged.failures } };
}

/**
 * The paper's splits, with one ranking for each held-out prompt; where test_unique is too small to tell a share from, but test is not, all
 * rankings of the same held-out prompts.
 */
function splitsToMeasure({ splits, count }: Dataset, wanted: ScorerReportSettings["split"]): MeasuredSplits {
  const isEnough = (split: Split) => splits.includes(split) && count(split) >= FEWEST_EXAMPLES;
  const useAll = !isEnough("test_unique") && isEnough("test") && splits.includes("validation") && count("validation") > 0;
  const test = wanted ?? (useAll ? "test" : "test_unique");
  return test === "test" ? { validation: "validation", test } : { validation: "validation_unique", test };
}

/** Rankings of one prompt are a cluster; a unique split has only one of each. */
function clustered(examples: readonly Example[], pairs: readonly JudgedPair[], split: Split): Example[] {
  if (split.endsWith("_unique")) return [...examples];
  return examples.map((example, i) => ({ ...example, cluster: pairs[i]?.caption }));
}

function resultOf(scorer: string, i: number, { validation, test, facts }: Judged, seed: number): ScorerResult {
  const { splits } = facts;
  const random = () => randomFor("bootstrap", seed);
  const examples = clustered(examplesOf(test, i), test, splits.test);
  const loss = logLossOf(examples, random());
  const reliability = favoured(examples);
  return {
    scorer,
    ...measureAccuracy({ validation: examplesOf(validation, i), test: examples, names: splits, random: random() }),
    winners: measureWinners(examples, random(), { name: splits.test }),
    logLoss: loss.value,
    logLossInterval: loss.interval,
    calibration: calibration(reliability),
    calibrationByChance: chanceCalibrationError(reliability, randomFor("calibration", seed)),
  };
}

/** The first scorer against each of the others, each in pairs on the same examples. */
function differencesOf(results: readonly ScorerResult[], seed: number): ScorerDifference[] {
  const [first, ...others] = results;
  if (!first) return [];
  const random = () => randomFor("bootstrap", seed);
  return others.map((other) => ({
    a: first.scorer,
    b: other.scorer,
    tieAware: compareAccuracy(first, other, random()),
    winners: compareWinners(first.winners, other.winners, random()),
  }));
}

function* judgementsOf(answers: ReadonlyMap<string, readonly Answer[]>) {
  for (const [pair, own] of answers) if (own.length > 1) for (const answer of own) yield { pair, ...answer };
}

function categoryTable(
  by: CategoryName,
  pairs: readonly JudgedPair[],
  results: readonly ScorerResult[],
  answers: ReadonlyMap<string, readonly Answer[]>,
  seed: number,
): CategoryTable {
  const times = new Map(
    by === "time"
      ? [...answers.values()]
          .flat()
          .map(({ rankingId, time }): [bigint, Date] => [rankingId, new Date(Number(time / 1_000_000n))])
      : [],
  );
  const { categories, order } = CATEGORIES[by](pairs, { times, answers });
  return {
    by,
    scorers: results.map((result) => ({
      scorer: result.scorer,
      categories: accuracyByCategory(result, categories, order, randomFor("bootstrap", seed)),
    })),
  };
}
