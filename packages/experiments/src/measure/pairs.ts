/** @file The rankings of a split, with the judgement of several judges. */
import type { ColumnName, Dataset, RowOf, Split } from "@pickapic/dataset";
import { batchesOf } from "@pickapic/dataset/sequences";
import { itemAt } from "@pickapic/errors";
import type { Label } from "@pickapic/evaluation";
import { type ImageScore, preference, type Scorer } from "@pickapic/pickscore";
import { ExperimentError } from "../errors.ts";
import type { ProgressReport } from "../progress.ts";
import { sideBySide } from "../sideBySide.ts";

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
  "slot_0",
  "kept_image",
  "draw_probability",
] as const satisfies ColumnName[];

/** What judges images: any scorer. */
export type Judge = Pick<Scorer, "name" | "scorePairs" | "comparePairs">;

type Row = RowOf<(typeof COLUMNS)[number]>;

/** One ranking: what the person said, and each judge's probability that image 0 is preferred. */
export interface JudgedPair {
  rankingId: bigint;
  /** The person's pseudonym in the dataset. */
  person: string;
  caption: string;
  label: Label;
  image0: Shown;
  image1: Shown;
  /** The side on which image 0 was shown; null or absent when the dataset did not record it. */
  slot0?: "left" | "right" | null;
  /** Which image was kept from the previous answer; null or absent when both were new, or when it is not recorded. */
  kept?: 0 | 1 | null;
  /** Probability with which the models of the pair were drawn, given the kept image, above 0; null or absent when it is not recorded. */
  drawProbability?: number | null;
  /** 0...1, in the order of the judges. */
  probabilities: number[];
}

/** An image of a ranking, with what made it. The guidance is null when the dataset did not record it. */
export interface Shown {
  uid: string;
  model: string;
  guidanceScale: number | null;
}

/** An image to which a judge gave no score. */
export interface JudgeFailure {
  judge: string;
  caption: string;
  uid: string;
  reason: string;
}

/** What judging needs from its caller. Progress is counted in rankings; aborting `signal` ends it with the signal's reason. */
export interface JudgeSettings {
  onProgress: (report: ProgressReport) => void;
  signal: AbortSignal;
  /**
   * Called once for each image without a score; rankings with that image are then left out for all judges, so that they are compared
   * on the same ones. Without it the first image without a score is an error. It may throw to end the work.
   */
  onFailure?: (failure: JudgeFailure) => void;
}

/** Rankings whose images go to a judge in one call. */
const BATCH = 16;
/** Batches worked on at the same time: while one is computed, the images of the next are read. */
const AT_ONCE = 2;

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
  const scorers = judges.map((judge) =>
    judge.comparePairs ? comparing(judge, judge.comparePairs, settings.onFailure) : remembering(judge, settings.onFailure),
  );
  let done = 0;
  const batches = batchesOf(dataset.read(split, { columns: COLUMNS }), BATCH);
  const judged = await sideBySide(batches, (rows) => judgeRows(rows, scorers), {
    atOnce: AT_ONCE,
    signal: settings.signal,
    onDone: () => {
      done = Math.min(total, done + BATCH);
      settings.onProgress({ done, total, unit: "rankings" });
    },
  });
  return judged.flat();
}

/** The scores of both images of each row; null for an image without one. */
type ScoreRows = (rows: readonly Row[]) => Promise<(number | null)[][]>;

async function judgeRows(rows: readonly Row[], scorers: readonly ScoreRows[]): Promise<JudgedPair[]> {
  const byJudge = await Promise.all(scorers.map((score) => score(rows)));
  return rows.flatMap((row, i) => {
    const probabilities = byJudge.flatMap((scores) => {
      const [score0 = null, score1 = null] = scores[i] ?? [];
      return score0 === null || score1 === null ? [] : [preference(score0 - score1)];
    });
    return probabilities.length < scorers.length ? [] : [judgedPair(row, probabilities)];
  });
}

function judgedPair(row: Row, probabilities: number[]): JudgedPair {
  return {
    rankingId: row.ranking_id,
    person: `${row.user_id}`,
    caption: row.caption,
    label: labelOf(row.label_0),
    image0: { uid: row.image_0_uid, model: row.model_0, guidanceScale: row.guidance_scale_0 },
    image1: { uid: row.image_1_uid, model: row.model_1, guidanceScale: row.guidance_scale_1 },
    slot0: row.slot_0,
    kept: row.kept_image,
    drawProbability: row.draw_probability,
    probabilities,
  };
}

/** One image under its prompt, as it is asked for. */
interface Asked {
  readonly key: string;
  readonly caption: string;
  readonly uid: string;
  readonly image: Uint8Array;
}

function imagesOf(row: Row): [Asked, Asked] {
  const asked = (uid: string, image: Uint8Array): Asked => ({
    key: `${uid}\n${row.caption}`,
    caption: row.caption,
    uid,
    image,
  });
  return [asked(row.image_0_uid, row.jpg_0), asked(row.image_1_uid, row.jpg_1)];
}

/** Wraps a judge so that it scores each image once per prompt, all new images of a batch in one call. */
function remembering(judge: Judge, onFailure: JudgeSettings["onFailure"]): ScoreRows {
  const known = new Map<string, Promise<number | null>>();
  const ask = (images: readonly Asked[]) => {
    const results = judge.scorePairs(images.map(({ caption, image }) => ({ prompt: caption, image })));
    for (const [i, image] of images.entries()) {
      const score = results.then((all) => scoreOf(itemAt(all, i), image, judge.name, onFailure));
      score.catch(() => {}); // The error is thrown where the row awaits the score.
      known.set(image.key, score);
    }
  };
  return async (rows) => {
    const pairs = rows.map(imagesOf);
    const unknown = new Map(pairs.flat().flatMap((image) => (known.has(image.key) ? [] : [[image.key, image] as const])));
    if (unknown.size > 0) ask([...unknown.values()]);
    return Promise.all(pairs.map((pair) => Promise.all(pair.map(({ key }) => known.get(key) ?? null))));
  };
}

/** Asks a judge for whole pairs: the odds of image 0 stand as its score, beside 0 for image 1. */
function comparing(judge: Judge, compare: NonNullable<Judge["comparePairs"]>, onFailure: JudgeSettings["onFailure"]): ScoreRows {
  return async (rows) => {
    const odds = await compare(rows.map(({ caption, jpg_0, jpg_1 }) => ({ prompt: caption, images: [jpg_0, jpg_1] as const })));
    return rows.map((row, i) => {
      const score = scoreOf(itemAt(odds, i), imagesOf(row)[0], judge.name, onFailure);
      return score === null ? [null, null] : [score, 0];
    });
  };
}

/** The score of an image, or null when it has none and that is counted. */
function scoreOf(
  result: ImageScore,
  { caption, uid }: Asked,
  judge: string,
  onFailure: JudgeSettings["onFailure"],
): number | null {
  if ("score" in result && Number.isFinite(result.score)) return result.score;
  const reason = "score" in result ? `${judge} gave no score: the score is ${result.score}.` : result.message;
  if (!onFailure) throw new ExperimentError("PICKAPIC_CLI_NO_SCORE", judge, uid, reason);
  onFailure({ judge, caption, uid, reason });
  return null;
}

/** The label of a ranking, from label_0 of the dataset. */
export function labelOf(label0: number): Label {
  if (label0 === 0.5) return "tie";
  return label0 > 0.5 ? 0 : 1;
}
