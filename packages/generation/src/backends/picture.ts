/** @file Checks pictures from outside before anything else reads them: their kind, their size, and that they are whole. */

import { messageOf } from "@pickapic/errors";
import { decodePicture, kindOf } from "@pickapic/pictures";
import { type GeneratedImage, RAW_PIXELS } from "../backend.ts";
import { GenerationError } from "../errors.ts";
import type { MadePicture } from "./kind.ts";

/** Largest number of pixels of a picture. */
const MOST_PIXELS = 4096 * 4096;
/** A picture with a smaller side is an error of the backend, such as the single pixel that stands for nothing. px */
const LEAST_SIDE = 16;

/**
 * Decodes a picture of a backend, so that no broken one goes further.
 * @param name of the model, for errors
 * @param acceptsPixels true: returns the pixels, so that the caller need not decode the file again
 * @throws GenerationError PICKAPIC_BACKEND_PICTURE when it is no picture, not whole, too small or too large
 */
export async function checkedImage(
  { bytes, warnings = [], used }: MadePicture,
  name: string,
  acceptsPixels: boolean,
): Promise<GeneratedImage> {
  const { width, height, data } = await decodePicture(bytes, { mostPixels: MOST_PIXELS, name: "the picture" }).catch(
    (error: unknown) => {
      throw new GenerationError("PICKAPIC_BACKEND_PICTURE", name, messageOf(error));
    },
  );
  if (width < LEAST_SIDE || height < LEAST_SIDE)
    throw new GenerationError(
      "PICKAPIC_BACKEND_PICTURE",
      name,
      `expected at least ${LEAST_SIDE} x ${LEAST_SIDE} px; got ${width} x ${height}.`,
    );
  const common = { width, height, warnings, ...(used && { used }) };
  if (acceptsPixels) return { bytes: data, mediaType: RAW_PIXELS, ...common };
  // The kinds that are decoded are called like their media types.
  return { bytes, mediaType: `image/${kindOf(bytes)}`, ...common };
}

/** The head of a data URL. */
const DATA_URL = /^data:[\w/+.-]*;base64,/;

/**
 * The bytes of a picture in base64, with or without the head of a data URL.
 * @throws GenerationError PICKAPIC_BACKEND_REPLY when it is no base64
 */
export function pictureOfBase64(text: string | null | undefined, name: string): Uint8Array {
  const base64 = text?.replace(DATA_URL, "") ?? "";
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length > 0) return bytes;
  throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "a picture in base64", text ? "something else" : "none");
}
