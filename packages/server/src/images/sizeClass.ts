/**
 * @file Blind to the byte: a noisy picture makes a long file, and generators differ in noise. So pictures leave the server in a few size
 * classes, which say no more than width and height do.
 */

/** Bytes of a class per pixel: at quality 92 nearly every picture fits into the first one. */
const BYTES_PER_PIXEL = 0.5;

/** The picture, and behind its end marker, where decoders stop reading, zeros up to the end of its size class. */
export function inSizeClass(jpeg: Uint8Array, width: number, height: number): Buffer {
  const step = Math.ceil(width * height * BYTES_PER_PIXEL);
  const padded = Buffer.alloc(Math.ceil(jpeg.length / step) * step);
  padded.set(jpeg);
  return padded;
}
