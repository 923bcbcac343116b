/**
 * @file Hides the file size of images: a noisy image makes a long file, and generators differ in noise. Images are sent in a few
 * size classes that depend only on width and height. The filler is inside the JPEG, before its end marker, which has the same
 * position for all files of a class. A program that parses the file can tell filler from image data, but such a program could
 * decode the image as well.
 */

/**
 * Bytes per pixel of the first class. The noisiest image of the toy world takes 0.51 as stored (docs/log.md), so all of them fit.
 */
const BYTES_PER_PIXEL = 0.75;

/** End marker of a JPEG. */
const END = Buffer.from([0xff, 0xd9]);
/** Start of a comment in a JPEG; two bytes follow with its length, which includes them. */
const COMMENT = Buffer.from([0xff, 0xfe]);
const MOST_COMMENT = 0xffff;

/**
 * Adds filler (comments, which decoders skip) before the end marker, up to the end of the size class.
 * @param jpeg as encodeJpeg returns it, without anything after its end marker
 */
export function inSizeClass(jpeg: Uint8Array, width: number, height: number): Buffer {
  const step = Math.ceil(width * height * BYTES_PER_PIXEL);
  const total = Math.ceil(jpeg.length / step) * step;
  const body = jpeg.subarray(0, jpeg.length - END.length);
  return Buffer.concat([body, filler(total - jpeg.length), END], total);
}

/** Returns this many bytes of comments. Bytes too few for another comment are 0xFF, of which any number may precede a marker. */
function filler(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let at = 0;
  while (length - at >= COMMENT.length + 2) {
    const size = Math.min(MOST_COMMENT, length - at - COMMENT.length);
    bytes.set(COMMENT, at);
    bytes.writeUInt16BE(size, at + COMMENT.length);
    at += COMMENT.length + size;
  }
  return bytes.fill(0xff, at);
}
