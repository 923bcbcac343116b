/** @file Every image that is stored is decoded and encoded anew: one format, one quality, no metadata, whatever the generator sent. */
import sharp from "sharp";

/** The dataset publishes JPEG: what people judged is published byte for byte. 4:4:4 keeps the edges of saturated colours. */
const JPEG = { quality: 92, chromaSubsampling: "4:4:4" } as const;

/** Larger pictures are refused before they are decoded, px. */
const MAX_PIXELS = 4096 * 4096;

export interface StoredImage {
  bytes: Buffer;
  /** px */
  width: number;
  height: number;
}

/**
 * PNG, WebP or JPEG to JPEG. Transparent parts become white; EXIF rotation is applied, then dropped with all other metadata.
 * @throws Error when the bytes are no picture, or too large.
 */
export async function encodeImage(bytes: Uint8Array): Promise<StoredImage> {
  const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: "error" }).rotate().flatten({ background: "#ffffff" });
  const { data, info } = await picture.toColourspace("srgb").jpeg(JPEG).toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}
