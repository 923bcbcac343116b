/**
 * @file Blind to the byte: a noisy picture makes a long file, and generators differ in noise. So pictures leave the server in a few size
 * classes, which say no more than width and height do. The filler lies inside the JPEG, in front of its end marker: the place of the end marker is the same for all of
 * a class as well. A program that takes the file apart can tell filler from picture; it could decode the picture as well, which says more.
 */

/** Bytes of a class per pixel: the noisiest picture of the toy world takes 0.51 as it is stored (docs/log.md), so all fit into the first class. */
const BYTES_PER_PIXEL = 0.75;

/** What ends a JPEG. */
const END = Buffer.from([0xff, 0xd9]);
/** What begins a comment of a JPEG; the length of the comment follows, in two bytes that count themselves. */
const COMMENT = Buffer.from([0xff, 0xfe]);
const MOST_COMMENT = 0xffff;

/**
 * The picture with filler in front of its end marker, up to the end of its size class: comments, which decoders pass over.
 * @param jpeg as encodeJpeg makes it: nothing stands behind its end marker
 */
export function inSizeClass(jpeg: Uint8Array, width: number, height: number): Buffer {
  const step = Math.ceil(width * height * BYTES_PER_PIXEL);
  const total = Math.ceil(jpeg.length / step) * step;
  const body = jpeg.subarray(0, jpeg.length - END.length);
  return Buffer.concat([body, filler(total - jpeg.length), END], total);
}

/** So many bytes of comments. Bytes that are too few for one more comment are 0xFF: any number of them may stand in front of a marker. */
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
