/** @file JPEGs of pictures: the one that is stored, and small ones for pages. */

import { byteAt } from "@pickapic/errors";
import sharp from "sharp";
import { type DecodeOptions, decodePicture, openPicture } from "./decode.ts";
import { kindOf } from "./kind.ts";
import type { RgbImage } from "./rgbImage.ts";

/**
 * JPEG quality of the pictures that are stored, 1...100. At 92 the scores of the toy models move by 0.02 to 0.04 on average; at 95
 * they move nearly as much, and the files are a third larger (docs/log.md).
 */
const STORED_QUALITY = 92;

/**
 * Encodes pixels as JPEG without metadata. The same pixels give the same bytes. Colours are not subsampled (4:4:4), which
 * preserves the edges of saturated colours. The Huffman codes are the standard ones: codes of its own would make a file 2 to
 * 7 % shorter with the same pixels, and take half of the encoder's time (docs/log.md).
 * @param quality 1...100
 */
export async function encodeJpeg({ width, height, data }: RgbImage, quality = STORED_QUALITY): Promise<Uint8Array> {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .jpeg({ quality, chromaSubsampling: "4:4:4", optimiseCoding: false })
    .toBuffer();
}

/**
 * Returns the JPEG to store for a picture file. A whole JPEG that looks the same to programs that ignore EXIF and colour profiles
 * is returned as it is, because encoding it again would lose quality. Everything else is decoded and encoded. So the stored JPEG
 * has the same pixels under both policies, up to two levels.
 * @throws PictureError PICKAPIC_PICTURE_UNREADABLE, PICKAPIC_PICTURE_TOO_LARGE
 */
export async function storedJpeg(bytes: Uint8Array, options: Omit<DecodeOptions, "policy"> = {}): Promise<Uint8Array> {
  if (!isWholeJpeg(bytes)) return encodeJpeg(await decodePicture(bytes, options));
  const { icc, orientation = 1 } = (await openPicture(bytes, options)).facts;
  if (!icc && orientation === 1) return bytes;
  const [shown, asPython] = [
    await decodePicture(bytes, options),
    await decodePicture(bytes, { ...options, policy: "transformers" }),
  ];
  return areAlike(shown, asPython) ? bytes : encodeJpeg(shown);
}

/** Largest difference, in levels, that a converted colour profile may make before the picture counts as changed. */
const SAME = 2;

function areAlike(a: RgbImage, b: RgbImage): boolean {
  return a.width === b.width && a.height === b.height && a.data.every((level, i) => Math.abs(level - byteAt(b.data, i)) <= SAME);
}

/** Whether the bytes go from start-of-image to end-of-image; zeros may follow. */
function isWholeJpeg(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return kindOf(bytes) === "jpeg" && bytes[end - 2] === 0xff && bytes[end - 1] === 0xd9;
}

/** Size and quality of a thumbnail, and how the picture is decoded. The default quality is 80. */
export interface ThumbnailOptions extends DecodeOptions {
  /** The longer side, px. A smaller picture is not enlarged. */
  readonly side: number;
  /** 1...100 */
  readonly quality?: number;
}

/**
 * Returns a small JPEG of a picture for a page, made of the pixels of `decodePicture`.
 * @throws PictureError PICKAPIC_PICTURE_UNREADABLE, PICKAPIC_PICTURE_TOO_LARGE
 */
export async function thumbnailJpeg(
  source: string | Uint8Array,
  { side, quality = 80, ...options }: ThumbnailOptions,
): Promise<Uint8Array> {
  const { width, height, data } = await decodePicture(source, options);
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality })
    .toBuffer();
}
