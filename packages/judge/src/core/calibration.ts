/** @file How the scores of one scorer become probabilities: fitted to some held-out votes, measured on others, and stored in a file. */
import { readFile } from "node:fs/promises";
import { writeWholeFile } from "@pickapic/disk";
import { expectedOf, firstFault, jsonOf, refusalOf } from "@pickapic/errors";
import { calibration, fitTemperature, type Label, type ScoredPair } from "@pickapic/evaluation";
import type { ImageSource, Scorer } from "@pickapic/pickscore/scoring";
import { z } from "zod";
import { JudgeError } from "../errors.ts";
import { quantilesOf } from "./reference.ts";

const FORMAT = "pickapic-judge-calibration-1";

const share = z.number().min(0).max(1);

/** The schema of a calibration, in a file and in a request. */
export const CalibrationInput = z
  .strictObject({
    format: z.literal(FORMAT),
    /** The scorer, as it was named, and what must be equal for its scores to be equal. */
    scorer: z.string(),
    identity: z.string(),
    temperature: z.number().positive(),
    bias: z.number(),
    votesFitted: z.int().nonnegative(),
    votesMeasured: z.int().nonnegative(),
    /** Expected calibration error on votes that were not fitted, with the temperature and, for comparison, with 1. */
    error: share,
    errorBefore: share,
    /** Scores of the measured votes' images, each under its own prompt, at equally spaced ranks. */
    quantiles: z.array(z.number()).min(1).max(1_001),
  })
  .meta({
    id: "JudgeCalibration",
    description: "How the scores of one scorer become probabilities: a file of `pickapic judge calibrate`.",
  });

/**
 * How the scores of one scorer become probabilities. `temperature` divides differences of scores. `bias` is how far people leaned to image 0
 * of the votes, as log odds: it is reported but not used, because the order of the images of a question means nothing. `error` is the expected
 * calibration error, 0...1, on `votesMeasured` votes that the fit did not see; `errorBefore` is that of the bare scores.
 */
export type JudgeCalibration = Readonly<z.infer<typeof CalibrationInput>>;

/** A person's answer about two images of a prompt. */
export interface Vote {
  readonly prompt: string;
  readonly images: readonly [ImageSource, ImageSource];
  /** Which image is better. */
  readonly label: Label;
}

/** Votes that the scorer was not trained on. The two sets share no prompt. */
export interface HeldOutVotes {
  readonly fit: AsyncIterable<Vote> | Iterable<Vote>;
  readonly measure: AsyncIterable<Vote> | Iterable<Vote>;
}

/** Votes that are scored in one call. */
const VOTES_AT_ONCE = 16;

/**
 * Fits a scorer's temperature to held-out votes, and measures on others how far its probabilities can be trusted.
 * @returns the calibration, or why there is none, as a phrase
 */
export async function calibrate(
  scorer: Pick<Scorer, "scorePairs"> & { readonly name: string },
  identity: string,
  votes: HeldOutVotes,
): Promise<JudgeCalibration | { readonly reason: string }> {
  const fitted = await scoreVotes(scorer, votes.fit);
  const fit = fitTemperature(fitted.pairs);
  if ("reason" in fit) return fit;
  const measured = await scoreVotes(scorer, votes.measure);
  const error = calibrationError(measured.pairs, fit.temperature);
  const errorBefore = calibrationError(measured.pairs, 1);
  if (error === null || errorBefore === null)
    return { reason: `too few votes to measure the calibration on (${measured.pairs.length}), at least 30 are needed` };
  return {
    format: FORMAT,
    scorer: scorer.name,
    identity,
    ...fit,
    votesFitted: fitted.pairs.length,
    votesMeasured: measured.pairs.length,
    error,
    errorBefore,
    quantiles: quantilesOf(measured.scores),
  };
}

interface ScoredVotes {
  readonly pairs: ScoredPair[];
  readonly scores: number[];
}

/** The scores of votes; a vote with an image that has no score is left out. */
async function scoreVotes(scorer: Pick<Scorer, "scorePairs">, votes: HeldOutVotes["fit"]): Promise<ScoredVotes> {
  const all: ScoredVotes = { pairs: [], scores: [] };
  let batch: Vote[] = [];
  const flush = async () => {
    const results = await scorer.scorePairs(batch.flatMap(({ prompt, images }) => images.map((image) => ({ prompt, image }))));
    for (const [i, { label }] of batch.entries()) {
      const [first, second] = [results[2 * i], results[2 * i + 1]];
      if (!first || !second || !("score" in first) || !("score" in second)) continue;
      all.pairs.push({ difference: first.score - second.score, label });
      all.scores.push(first.score, second.score);
    }
    batch = [];
  };
  for await (const vote of votes) {
    batch.push(vote);
    if (batch.length === VOTES_AT_ONCE) await flush();
  }
  if (batch.length > 0) await flush();
  return all;
}

function calibrationError(pairs: readonly ScoredPair[], temperature: number): number | null {
  return calibration(
    pairs.map(({ difference, label }) => ({ probability0: 1 / (1 + Math.exp(-difference / temperature)), label })),
  ).error;
}

/** Writes a calibration into a file, which is whole or absent. */
export async function writeCalibration(file: string, made: JudgeCalibration): Promise<void> {
  await writeWholeFile(file, `${JSON.stringify(made)}\n`);
}

/**
 * Reads a calibration.
 * @throws JudgeError PICKAPIC_JUDGE_CALIBRATION_FILE when it is absent, no JSON, or not of this format
 */
export async function readCalibration(file: string): Promise<JudgeCalibration> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new JudgeError("PICKAPIC_JUDGE_CALIBRATION_FILE", file, refusalOf(error)).because(error);
  });
  const value = jsonOf(text);
  if (value === undefined) throw new JudgeError("PICKAPIC_JUDGE_CALIBRATION_FILE", file, "it is no JSON");
  const parsed = CalibrationInput.safeParse(value, { error: expectedOf });
  if (parsed.success) return parsed.data;
  const { path, sentence } = firstFault(parsed.error.issues, value);
  throw new JudgeError("PICKAPIC_JUDGE_CALIBRATION_FILE", file, `${path || "its content"}: ${sentence}`);
}

/** One sentence that says how far the probabilities of a judge can be trusted; for its start, its API and its help. */
export function calibrationSentence(made: JudgeCalibration | null, reason?: string): string {
  if (made === null) {
    const [why, votes] = reason === undefined ? ["", "votes"] : [`: ${reason}`, "more votes"];
    return `The probabilities are uncalibrated${why}. With a model's own temperature they are usually too sure; calibrate the judge on ${votes} with --votes DATASET.`;
  }
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  return `Calibrated on ${made.votesFitted} held-out votes (temperature ${made.temperature.toFixed(2)}); on ${made.votesMeasured} others the probabilities are off by ${percent(made.error)} on average (uncalibrated: ${percent(made.errorBefore)}).`;
}
