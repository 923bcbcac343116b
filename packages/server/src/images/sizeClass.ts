/**
 * @file Hides the file size of images, because it tells about the generator: noisy images make long files, and generators differ in
 * noise. Every file is padded to a multiple of a step that depends only on width and height. The filler is inside the JPEG, before its
 * end marker, so the end marker has the same position in all files of a size class. A program that parses the file can tell the filler
 * from the image data, but such a program could decode the image as well.
 */

/** The step, in bytes per pixel. The noisiest of 150 images of toy-classic takes 0.64 (docs/log.md), so images of the toy world have the first size. */
const BYTES_PER_PIXEL = 0.75;

/** End marker of a JPEG. */
const END = Buffer.from([0xff, 0xd9]);
/** Start of a comment in a JPEG. The next two bytes are its length, which counts these two bytes as well. */
const COMMENT = Buffer.from([0xff, 0xfe]);
/** The largest length that a comment can state. */
const MOST_COMMENT = 0xffff;

/**
 * Returns the JPEG padded to its size class. The filler consists of comments, which decoders skip, before the end marker.
 * @param jpeg a JPEG as encodeJpeg returns it: it ends with its end marker
 * @param width px
 * @param height px
 * @param memoryOf returns a buffer of a given length, whose content does not matter; all of it is overwritten
 */
export function inSizeClass(
  jpeg: Uint8Array,
  width: number,
  height: number,
  memoryOf: (length: number) => Buffer = Buffer.allocUnsafe,
): Buffer {
  const step = Math.ceil(width * height * BYTES_PER_PIXEL);
  const padded = memoryOf(Math.ceil(jpeg.length / step) * step);
  const body = jpeg.length - END.length;
  padded.set(jpeg.subarray(0, body));
  fill(padded.subarray(body, padded.length - END.length));
  padded.set(END, padded.length - END.length);
  return padded;
}

/** Buffers of SentMemory that wait to be used again, at most. */
const MOST_FREE = 16;

/** Buffers that are used again for the next picture. A new buffer for each picture makes V8 mark its whole heap every few hundred pictures. */
export class SentMemory {
  readonly #free: Buffer[] = [];

  /** Returns a buffer of `length` bytes with any content. */
  readonly take = (length: number): Buffer => {
    const at = this.#free.findIndex((buffer) => buffer.length === length);
    const [known] = at < 0 ? [] : this.#free.splice(at, 1);
    return known ?? Buffer.allocUnsafeSlow(length);
  };

  /** Hands back a buffer that nothing reads any more. */
  giveBack(buffer: Buffer): void {
    this.#free.push(buffer);
    if (this.#free.length > MOST_FREE) this.#free.shift();
  }
}

/** Fills bytes with comments. A rest that is too short for a comment is filled with 0xFF, any number of which may precede a marker. */
function fill(bytes: Buffer): void {
  let at = 0;
  while (bytes.length - at >= COMMENT.length + 2) {
    const size = Math.min(MOST_COMMENT, bytes.length - at - COMMENT.length);
    bytes.set(COMMENT, at);
    bytes.writeUInt16BE(size, at + COMMENT.length);
    bytes.fill(0, at + COMMENT.length + 2, at + COMMENT.length + size);
    at += COMMENT.length + size;
  }
  bytes.fill(0xff, at);
}
