/** @file Pixels as a browser shows a picture on a white page: upright, opaque, in sRGB. */

import { fromInks, readInks, share } from "./cmyk.ts";
import type { RgbImage } from "./decode.ts";
import { clearOutside, firstFrame } from "./gif.ts";
import type { Opened } from "./opened.ts";

/** The picture as Chromium paints it, and a WebP turned as well, which Chromium leaves as it lies. */
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
    return onWhite(clearOutside(rgba, facts.width, firstFrame(bytes)), share);
  }
  if (!facts.hasAlpha) return colours.removeAlpha().raw().toBuffer();
  return onWhite(await colours.ensureAlpha().raw().toBuffer(), facts.format === "webp" ? shareDown : share);
}

/**
 * Lays pixels on white: colour x opacity + white x (1 - opacity).
 * @param rgba [height, width, 4]
 * @param multiply a product of two levels as a level, in the rounding of the browser's decoder
 * @returns [height, width, 3]
 */
function onWhite(rgba: Uint8Array, multiply: (product: number) => number): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    const opacity = rgba[from + 3]!;
    for (let channel = 0; channel < 3; channel++) rgb[to++] = multiply(rgba[from + channel]! * opacity) + 255 - opacity;
  }
  return rgb;
}

/** product / 255, rounded down: how libwebp multiplies colours with opacity. */
function shareDown(product: number): number {
  return Math.floor(product / 255);
}
