/** @file Inks to light, for CMYK without a colour profile. */

import type { Sharp } from "sharp";

/** [height, width, 4] inks, 0...255, as they are stored; inverted inks of Adobe's JPEGs are already set right. */
export function readInks(picture: Sharp): Promise<Uint8Array> {
  return picture.pipelineColourspace("cmyk").toColourspace("cmyk").raw().toBuffer();
}

/**
 * (255 - ink) (255 - black) / 255, rounded: what Chromium paints, and Pillow's cmyk2rgb.
 * @returns [height, width, 3]
 */
export function fromInks(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let channel = 0; channel < 3; channel++) rgb[to++] = share((255 - inks[from + channel]!) * light);
  }
  return rgb;
}

/** A product of two levels as a level: product / 255, rounded. */
export function share(product: number): number {
  const sum = product + 128;
  return (sum + (sum >> 8)) >> 8;
}
