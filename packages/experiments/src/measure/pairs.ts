/** @file The rankings of a split, with the judgement of several judges. */
import type { Dataset, PreferenceRow, Split } from "@pickapic/dataset";
import type { Label } from "@pickapic/evaluation";
import { ExperimentError } from "../errors.ts";
import type { ProgressReport } from "../progress.ts";
import { sideBySide } from "../sideBySide.ts";
import type { Judge } from "./judges.ts";

const COLUMNS = [
  "ranking_id",
  "user_id",
  "caption",
  "image_0_uid",
  "image_1_uid",
  "jpg_0",
  "jpg_1",
  "label_0",
  "model_0",
  "model_1",
  "guidance_scale_0",
  "guidance_scale_1",
] as const satisfies (keyof PreferenceRow)[];

type Row = Pick<PreferenceRow, (typeof COLUMNS)[number]>;

/** One ranking: what the person said, and each judge's probability that image 0 is preferred. */
export interface JudgedPair {
  rankingId: bigint;
  /** The person's pseudonym in the dataset. */
  person: string;
  caption: string;
  label: Label;
  image0: Shown;
  image1: Shown;
  /** 0...1, in the order of the judges. */
  probabilities: number[];
}

/** An image of a ranking, with what made it. The guidance is null when the dataset did not record it. */
export interface Shown {
  uid: string;
  model: string;
  guidanceScale: number | null;
}

/** What judging needs from its caller. Progress is counted in rankings; aborting `signal` ends it with the signal's reason. */
export interface JudgeSettings {
  onProgress: (report: ProgressReport) => void;
  signal: AbortSignal;
}

/** Rankings worked on at the same time: enough that no judge waits for the disk. */
const AT_ONCE = 8;

/**
 * Lets every judge score every ranking of a split. Each image is scored once per prompt, however often it appears.
 * @throws ExperimentError PICKAPIC_CLI_TOO_FEW when the split is missing or empty
 */
export async function judgeSplit(
  dataset: Dataset,
  split: Split,
  judges: readonly Judge[],
  settings: JudgeSettings,
): Promise<JudgedPair[]> {
  const total = dataset.splits.includes(split) ? dataset.count(split) : 0;
  if (total === 0) throw new ExperimentError("PICKAPIC_CLI_TOO_FEW", split, dataset.folder);
  const scorers = judges.map(remembering);
  return sideBySide(dataset.read(split, { columns: COLUMNS }), (row) => judgeRow(row, scorers), {
    atOnce: AT_ONCE,
    signal: settings.signal,
    onDone: (done) => settings.onProgress({ done, total, unit: "rankings" }),
  });
}

type ScorePair = (row: Row) => Promise<[number, number]>;

async function judgeRow(row: Row, scorers: readonly ScorePair[]): Promise<JudgedPair> {
  const scores = await Promise.all(scorers.map((score) => score(row)));
  return {
    rankingId: row.ranking_id,
    person: `${row.user_id}`,
    caption: row.caption,
    label: labelOf(row.label_0),
    image0: { uid: row.image_0_uid, model: row.model_0, guidanceScale: row.guidance_scale_0 },
    image1: { uid: row.image_1_uid, model: row.model_1, guidanceScale: row.guidance_scale_1 },
    probabilities: scores.map(([score0, score1]) => preference(score0, score1)),
  };
}

/** Wraps a judge so that it scores each image once per prompt. */
function remembering(judge: Judge): ScorePair {
  const known = new Map<string, Promise<number>>();
  const score = (caption: string, uid: string, bytes: Uint8Array): Promise<number> => {
    const key = `${uid}\n${caption}`;
    const scored = known.get(key) ?? judge.score(caption, [bytes]).then(([only]) => only!);
    known.set(key, scored);
    return scored;
  };
  return (row) => Promise.all([score(row.caption, row.image_0_uid, row.jpg_0!), score(row.caption, row.image_1_uid, row.jpg_1!)]);
}

/** The probability that the first image is preferred: softmax over the two scores. */
export function preference(score0: number, score1: number): number {
  return 1 / (1 + Math.exp(score1 - score0));
}

/** The label of a ranking, from label_0 of the dataset. */
function labelOf(label0: number): Label {
  if (label0 === 0.5) return "tie";
  return label0 > 0.5 ? 0 : 1;
}
