/** @file CMYK without a colour profile to RGB. */

import { byteAt } from "@pickapic/errors";
import type { Sharp } from "sharp";

/** Returns the inks as stored, 0...255, [height, width, 4]. The inverted inks of Adobe's JPEGs are already corrected. */
export function readInks(picture: Sharp): Promise<Uint8Array> {
  return picture.pipelineColourspace("cmyk").toColourspace("cmyk").raw().toBuffer();
}

/**
 * Returns RGB, [height, width, 3]: each channel is (255 - ink) (255 - black) / 255, rounded, as Chromium and Pillow's cmyk2rgb
 * compute it.
 * @param inks [height, width, 4]: cyan, magenta, yellow, black
 */
export function fromInks(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - byteAt(inks, from + 3);
    for (let channel = 0; channel < 3; channel++) rgb[to++] = divide255((255 - byteAt(inks, from + channel)) * light);
  }
  return rgb;
}

/** product / 255, rounded: the product of two levels as a level. */
export function divide255(product: number): number {
  const sum = product + 128;
  return (sum + (sum >> 8)) >> 8;
}
