/** @file What every scorer does, whatever computes its scores: a model, a program, a server or a function. */
import { type ImageScore, type ImageSource, type PromptedImage, readable } from "../score/imageResult.ts";

/** Two images of a prompt. */
export interface ImagePair {
  readonly prompt: string;
  readonly images: readonly [ImageSource, ImageSource];
}

/**
 * Gives each image a number: how well it fits its prompt. Larger is better, and numbers are comparable within one prompt only. The
 * difference of two scores is read as log odds: image 0 is preferred with probability 1 / (1 + e^(score 1 - score 0)).
 */
export interface Scorer {
  /** As it is shown to the user, such as "pickscore-toy" or "https://judge.example/score". */
  readonly name: string;
  /**
   * One score per image.
   * @throws {PickScoreError} PICKAPIC_IMAGE_UNREADABLE for the first image without a score
   */
  score(prompt: string, images: readonly ImageSource[]): Promise<number[]>;
  /** As `score`, but an image without a score gives a reason instead of an error. */
  scoreEach(prompt: string, images: readonly ImageSource[]): Promise<ImageScore[]>;
  /** One score, or a reason, for each image under its own prompt. Many images in one call are faster; calls may overlap. */
  scorePairs(pairs: readonly PromptedImage[]): Promise<ImageScore[]>;
  /**
   * For scorers that judge two images better side by side than each alone: the log odds that image 0 of each pair is preferred, or a reason. Where it is
   * absent, the difference of the scores says the same.
   */
  comparePairs?(pairs: readonly ImagePair[]): Promise<ImageScore[]>;
  /** Frees memory, threads and processes. It may be called twice. */
  close(): Promise<void>;
}

/** The three methods of a scorer that score, made from the one that computes. */
export function methodsOf(scorePairs: Scorer["scorePairs"]): Pick<Scorer, "score" | "scoreEach" | "scorePairs"> {
  const scoreEach: Scorer["scoreEach"] = (prompt, images) => scorePairs(images.map((image) => ({ prompt, image })));
  return {
    scorePairs,
    scoreEach,
    score: async (prompt, images) => (await scoreEach(prompt, images)).map((result) => readable(result).score),
  };
}
