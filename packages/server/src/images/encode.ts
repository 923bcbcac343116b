/** @file Every image that is stored is decoded and encoded anew: one format, one quality, no metadata, whatever the generator sent. */
import { type GeneratedImage, RAW_PIXELS } from "@pickapic/generation";
import { decodePicture, encodeJpeg, PictureError } from "@pickapic/pictures";

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

/**
 * The JPEG to store of what a backend generated, as a file or as raw pixels.
 * @throws PictureError when they are no picture, or too large
 */
export async function encodeGenerated(
  image: Pick<GeneratedImage, "bytes" | "mediaType" | "width" | "height">,
): Promise<StoredImage> {
  const { bytes, mediaType, width, height } = image;
  if (mediaType !== RAW_PIXELS) return encodeImage(bytes);
  if (width * height > MOST_PIXELS)
    throw new PictureError("PICKAPIC_PICTURE_TOO_LARGE", "raw pixels", MOST_PIXELS, width, height);
  if (bytes.length !== 3 * width * height) {
    const what = `${width} x ${height} px are ${3 * width * height} bytes, not ${bytes.length}`;
    throw new PictureError("PICKAPIC_PICTURE_UNREADABLE", "raw pixels", what);
  }
  return { bytes: await encodeJpeg({ width, height, data: bytes }), width, height };
}
