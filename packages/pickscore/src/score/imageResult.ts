/** @file What goes into a scorer and what comes out for each image. Nothing here loads an engine. */
import { PickScoreError } from "../errors.ts";

/** A path, or the bytes of an encoded image. */
export type ImageSource = string | Uint8Array;

export interface ImageFailure {
  code: string;
  /** One sentence for the user. */
  message: string;
}

export type ImageScore = { score: number } | ImageFailure;

/** An image and what it should show. */
export interface PromptedImage {
  readonly prompt: string;
  readonly image: ImageSource;
}

/** The result of an image, or its failure thrown. @throws {PickScoreError} PICKAPIC_IMAGE_UNREADABLE */
export function readable<T extends object>(result: T | ImageFailure): T {
  if (!("code" in result)) return result;
  throw new PickScoreError("PICKAPIC_IMAGE_UNREADABLE", result.message);
}
