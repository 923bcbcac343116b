/** @file The pictures of a dataset: any format in, JPEG out. */

import sharp from "sharp";

/** Visually lossless for 512 to 1024 px: quality 95 without chroma subsampling, as the pictures are judged and trained on. */
const JPEG = { quality: 95, chromaSubsampling: "4:4:4" } as const;

/** Most pixels that a picture may have: a guard against decompression bombs. */
export const MAX_PIXELS = 64e6;

/**
 * JPEG bytes of a picture. A JPEG with its end marker passes as it is (encoding again would lose quality); all else is
 * decoded, turned upright, and encoded without its metadata, transparent pixels on white. Same bytes in, same bytes out.
 * Throws what sharp throws when it is no picture.
 */
export async function toJpeg(bytes: Uint8Array): Promise<Uint8Array> {
  if (isWholeJpeg(bytes)) {
    await sharp(bytes, { limitInputPixels: MAX_PIXELS }).metadata();
    return bytes;
  }
  return sharp(bytes, { limitInputPixels: MAX_PIXELS }).rotate().flatten({ background: "#ffffff" }).jpeg(JPEG).toBuffer();
}

/** What is wrong with JPEG bytes when every pixel is decoded; undefined when nothing is. */
export async function imageProblem(bytes: Uint8Array): Promise<string | undefined> {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return "it is not a JPEG";
  try {
    await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: "warning" }).raw().toBuffer();
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.message.split("\n")[0] as string) : String(error);
  }
}

/** Start of image ... end of image, maybe with zeros after it. */
function isWholeJpeg(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}
