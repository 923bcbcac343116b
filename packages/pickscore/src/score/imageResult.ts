/** @file The inputs and results of a scorer for each image. This file loads no engine. */
import { PickScoreError } from "../errors.ts";

/** The path of an image file, or the bytes of one. */
export type ImageSource = string | Uint8Array;

/** Why an image has no score or embedding. `code` is stable, such as PICKAPIC_IMAGE_UNREADABLE. */
export interface ImageFailure {
  code: string;
  /** One sentence for the user. */
  message: string;
}

/** The score of an image, T cos(text, image), or the reason why it has none. */
export type ImageScore = { score: number } | ImageFailure;

/** An image and the prompt that it is scored under. */
export interface PromptedImage {
  readonly prompt: string;
  readonly image: ImageSource;
}

/** Gives the result of an image, or throws its failure. @throws {PickScoreError} PICKAPIC_IMAGE_UNREADABLE */
export function readable<T extends object>(result: T | ImageFailure): T {
  if (!("code" in result)) return result;
  throw new PickScoreError("PICKAPIC_IMAGE_UNREADABLE", result.message);
}
