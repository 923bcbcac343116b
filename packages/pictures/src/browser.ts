/** @file Pixels as a browser shows a picture on a white page: upright, opaque, in sRGB. */

import { divide255, fromInks, readInks } from "./cmyk.ts";
import { clearOutside, firstFrame } from "./gif.ts";
import type { Opened } from "./opened.ts";
import type { RgbImage } from "./rgbImage.ts";

/**
 * Returns the pixels as Chromium paints them. One exception: a WebP with an EXIF orientation is turned, which Chromium does not
 * do.
 */
export async function readAsBrowser(opened: Opened): Promise<RgbImage> {
  const { width, height } = opened.facts.autoOrient;
  return { width, height, data: await readRgb(opened) };
}

async function readRgb({ picture, facts, bytes }: Opened): Promise<Uint8Array> {
  const upright = picture.autoOrient();
  if (facts.space === "cmyk" && !facts.icc) return fromInks(await readInks(upright));
  const colours = upright.toColourspace("srgb");
  if (facts.format === "gif") {
    const rgba = await colours.ensureAlpha().raw().toBuffer();
    return onWhite(clearOutside(rgba, facts.width, firstFrame(bytes)), divide255);
  }
  if (!facts.hasAlpha) return colours.removeAlpha().raw().toBuffer();
  return onWhite(await colours.ensureAlpha().raw().toBuffer(), facts.format === "webp" ? divide255Down : divide255);
}

/**
 * Lays pixels on white: colour x opacity + white x (1 - opacity).
 * @param rgba [height, width, 4]
 * @param multiply divides a product of two levels by 255, rounding as the browser's decoder of this kind of file does
 * @returns [height, width, 3]
 */
function onWhite(rgba: Uint8Array, multiply: (product: number) => number): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    // Unchecked reads, because nearly every transparent picture goes through this loop.
    const opacity = rgba[from + 3]!;
    for (let channel = 0; channel < 3; channel++) rgb[to++] = multiply(rgba[from + channel]! * opacity) + 255 - opacity;
  }
  return rgb;
}

/** product / 255, rounded down, as libwebp does it. */
function divide255Down(product: number): number {
  return Math.floor(product / 255);
}
