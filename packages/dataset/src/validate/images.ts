/** @file Checks whether a picture of a dataset can be used. */

import { decodePicture, kindOf, PictureError } from "@pickapic/pictures";

/** Decodes every pixel of a JPEG and returns what is wrong; undefined when nothing is. */
export async function imageProblem(bytes: Uint8Array): Promise<string | undefined> {
  if (kindOf(bytes) !== "jpeg") return "it is not a JPEG";
  try {
    await decodePicture(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof PictureError) return error.message;
    throw error;
  }
}
