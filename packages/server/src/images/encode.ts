/** @file Every image that is stored is decoded and encoded anew: one format, one quality, no metadata, whatever the generator sent. */
import { decodePicture, encodeJpeg } from "@pickapic/pictures";

/** Larger pictures are refused before they are decoded, px. */
const MOST_PIXELS = 4096 * 4096;

export interface StoredImage {
  bytes: Uint8Array;
  /** px */
  width: number;
  height: number;
}

/**
 * The JPEG to store of a picture in any format that is decoded, without its metadata. The dataset publishes it byte for byte.
 * Its pixels are those that a browser shows of the picture: upright, on white, in sRGB.
 * @throws PictureError when the bytes are no picture, or too large
 */
export async function encodeImage(bytes: Uint8Array): Promise<StoredImage> {
  const image = await decodePicture(bytes, { mostPixels: MOST_PIXELS });
  return { bytes: await encodeJpeg(image), width: image.width, height: image.height };
}
