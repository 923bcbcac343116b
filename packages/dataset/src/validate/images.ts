/** @file Whether the pictures of a dataset can be used. */

import { decodePicture, kindOf, PictureError } from "@pickapic/pictures";

/** What is wrong with JPEG bytes when every pixel is decoded; undefined when nothing is. */
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
