/** @file measured.json of a run: what its report needs and training does not know. Test pairs before and after, and facts of the dataset. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Dataset, openDataset, type Split, statistics } from "@pickapic/dataset";
import { writeWholeFile } from "@pickapic/disk";
import { fieldOf, itemAt } from "@pickapic/errors";
import {
  modelStep,
  openScorer,
  reading,
  type SavedRun,
  type Scorer,
  type ScorerOptions,
  sharePrompts,
  VALIDATION_PAIR,
  type ValidationPair,
} from "@pickapic/pickscore";
import { toyBackend } from "@pickapic/toyworld";
import { z } from "zod";
import { type Judge, type JudgedPair, judgeSplit } from "../measure/pairs.ts";
import type { ProgressReport } from "../progress.ts";

/** With more test pairs than this, only one per prompt is judged, as in the paper, because more take too long. */
const MOST_TEST_PAIRS = 3000;

const COUNTS = z.object({ pairs: z.int(), prompts: z.int() });

const FACTS = z.object({
  /** Of train, validation and test together. */
  rankings: z.int(),
  ties: z.int(),
  people: z.int(),
  train: COUNTS,
  /** What the run was trained on: all of train, or a share of its prompts. */
  trained: COUNTS,
  models: z.array(z.string()),
  /** Rankings that a simulated person answered. */
  simulated: z.int(),
  /** Whether all pictures are of the toy world's generators. */
  toyPictures: z.boolean(),
});

const MEASURED = z.object({
  format: z.literal(1),
  /** The step of the checkpoint that was measured. */
  step: z.int(),
  dataset: FACTS,
  /** null where the dataset has no test pairs */
  test: z.object({ split: z.string(), pairs: z.array(VALIDATION_PAIR) }).nullable(),
});

/** Facts of the dataset that a run was trained on. */
export type DatasetFacts = z.infer<typeof FACTS>;

/** What measured.json of a run says. */
export type Measured = z.infer<typeof MEASURED>;

/**
 * What a measurement needs from its caller. Progress is counted in rankings; aborting `signal` ends it with the signal's
 * reason.
 */
export interface MeasureEffects {
  signal: AbortSignal;
  onProgress: (report: ProgressReport) => void;
  /** Opens a scorer that reads images as the run did. Default: one in a child process. */
  openJudge?: (model: string, options: ScorerOptions) => Promise<Judge & Pick<Scorer, "close">>;
}

/** What was measured of the model that is in the run folder; null when nothing was. @throws {PickScoreError} PICKAPIC_RUN_BROKEN */
export async function readMeasured(run: SavedRun): Promise<Measured | null> {
  const file = run.files.measured;
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  const measured = reading(file, () => MEASURED.parse(JSON.parse(text)));
  return measured.step === modelStep(run) ? measured : null;
}

/**
 * Reads what was measured, or measures and writes it: the test pairs as the starting model sees them and as the trained one does.
 * @param known pairs of the same split that the same starting model has judged already
 * @throws the errors of the dataset and of the models, when one of them is gone
 */
export async function measureRun(run: SavedRun, effects: MeasureEffects, known: Measured["test"] = null): Promise<Measured> {
  const done = await readMeasured(run);
  if (done) return done;
  const dataset = await openDataset(run.settings.dataset);
  const split = testSplit(dataset);
  const test = split && dataset.hasImages ? await measureTest(dataset, split, run, effects, known) : null;
  const measured: Measured = { format: 1, step: modelStep(run), dataset: await datasetFacts(dataset, run), test };
  await writeWholeFile(run.files.measured, `${JSON.stringify(measured)}\n`);
  return measured;
}

/** The pairs that had no part in training: all of them, where they are not too many; null where there are none. */
function testSplit({ splits, count }: Dataset): Split | null {
  const countOf = (split: Split) => (splits.includes(split) ? count(split) : 0);
  if (countOf("test") > 0 && countOf("test") <= MOST_TEST_PAIRS) return "test";
  return countOf("test_unique") > 0 ? "test_unique" : null;
}

async function measureTest(dataset: Dataset, split: Split, run: SavedRun, effects: MeasureEffects, known: Measured["test"]) {
  const { init, processor, threads, pixels } = run.settings;
  const judged = (model: string, from?: string) => judgedBy(dataset, split, model, { threads, pixels, processor: from }, effects);
  const before = known ? known.pairs.map((pair) => pair.before) : (await judged(init, processor)).map(probability0);
  const after = await judged(resolve(run.folder));
  return { split, pairs: after.map((pair, i) => pairOf(pair, itemAt(before, i))) };
}

/** Opens one model at a time, because two large ones may not fit into memory. */
async function judgedBy(
  dataset: Dataset,
  split: Split,
  model: string,
  options: ScorerOptions,
  effects: MeasureEffects,
): Promise<JudgedPair[]> {
  const judge = await (effects.openJudge ?? openScorer)(model, options);
  try {
    return await judgeSplit(dataset, split, [judge], effects);
  } finally {
    await judge.close();
  }
}

const probability0 = ({ probabilities }: JudgedPair): number => itemAt(probabilities, 0);

function pairOf(judged: JudgedPair, before: number): ValidationPair {
  const { rankingId, caption, label, image0, image1 } = judged;
  const target: ValidationPair["target"] = label === "tie" ? [0.5, 0.5] : label === 0 ? [1, 0] : [0, 1];
  return {
    ...{ rankingId: `${rankingId}`, caption, image0: image0.uid, image1: image1.uid },
    ...{ target, before, after: probability0(judged) },
  };
}

async function datasetFacts(dataset: Dataset, run: SavedRun): Promise<DatasetFacts> {
  const { rankings, ties, users, splits, models, simulated } = await statistics(dataset);
  const names = models.map(({ model }) => model);
  const toys = new Set(toyBackend().models.map(({ name }) => name));
  const { rankings: pairs, prompts } = fieldOf(splits, "train");
  const toyPictures = names.every((name) => toys.has(name));
  const train = { pairs, prompts };
  const trained = await trainedOn(dataset, run);
  return { rankings, ties, people: users, train, trained, models: names, simulated, toyPictures };
}

async function trainedOn(dataset: Dataset, { settings }: SavedRun): Promise<DatasetFacts["trained"]> {
  const captions: string[] = [];
  for await (const { caption } of dataset.read("train", { columns: ["caption"] })) captions.push(caption);
  const prompts = settings.share < 1 ? sharePrompts(captions, settings.share, settings.seed) : new Set(captions);
  return { pairs: captions.filter((caption) => prompts.has(caption)).length, prompts: prompts.size };
}
