/** @file A decoded picture. */

/** Pixels in sRGB. `data` is [height, width, 3], rows from the top, 0...255. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
