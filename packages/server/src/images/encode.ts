/** @file Decodes and re-encodes every picture before it is stored, so that all have one format, one quality and no metadata, whatever the generator sent. */
import { type GeneratedImage, RAW_PIXELS } from "@pickapic/generation";
import { decodePicture, encodeJpeg, PictureError } from "@pickapic/pictures";

/** Number of pixels above which a picture is refused before it is decoded. */
const MOST_PIXELS = 4096 * 4096;

/** A picture as it is stored: a JPEG. */
export interface StoredImage {
  bytes: Uint8Array;
  /** px */
  width: number;
  height: number;
}

/**
 * Converts a picture of any supported format to the JPEG that is stored and that the dataset publishes byte for byte. The JPEG has no
 * metadata. Its pixels are those that a browser shows: upright, on white, in sRGB.
 * @throws PictureError if the bytes are no picture, or a too large one
 */
export async function encodeImage(bytes: Uint8Array): Promise<StoredImage> {
  const image = await decodePicture(bytes, { mostPixels: MOST_PIXELS });
  return { bytes: await encodeJpeg(image), width: image.width, height: image.height };
}

/**
 * Converts what a backend generated, a picture file or raw pixels, to the JPEG that is stored.
 * @throws PictureError if the bytes are no picture, or a too large one
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
