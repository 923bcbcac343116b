/** @file What sharp does not tell about a GIF: which pixels the first frame leaves unpainted, and their colour. */

import { byteAt } from "@pickapic/errors";

type Rgb = readonly [red: number, green: number, blue: number];

/** The first frame of a GIF, in pixels of the GIF's screen. */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** The colour that Pillow gives to unpainted pixels: that of the transparent index, else the first of the palette. */
  readonly unpainted: Rgb;
}

/** Offset of the screen's description: width, height, flags, background, aspect ratio. */
const SCREEN = 6;
const EXTENSION = 0x21;
const GRAPHIC_CONTROL = 0xf9;
/** Marks a frame's description: left, top, width and height from its second byte, then flags. */
const FRAME = 0x2c;
const BLACK: Rgb = [0, 0, 0];

/**
 * Reads where the first frame of a GIF lies on its screen, and the colour for pixels that the frame leaves unpainted.
 * @param bytes a GIF that can be decoded
 * @throws Error when it has no frame
 */
export function firstFrame(bytes: Uint8Array): Frame {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shared = paletteAt(bytes, SCREEN + 4, SCREEN + 7);
  let at = SCREEN + 7 + shared.length;
  let transparent = 0;
  // Extensions stand before the frame that they belong to.
  for (; bytes[at] !== FRAME; at = bytes[at] === EXTENSION ? afterBlocks(bytes, at + 2) : at + 1) {
    if (at >= bytes.length) throw new Error("no frame was found");
    const isTransparent = bytes[at] === EXTENSION && bytes[at + 1] === GRAPHIC_CONTROL && (byteAt(bytes, at + 3) & 1) === 1;
    if (isTransparent) transparent = byteAt(bytes, at + 6);
  }
  const field = (offset: number) => view.getUint16(at + offset, true);
  const own = paletteAt(bytes, at + 9, at + 10);
  const unpainted = colourOf(own.length > 0 ? own : shared, transparent);
  return { left: field(1), top: field(3), width: field(5), height: field(7), unpainted };
}

/**
 * Returns the colours of the first frame, with Pillow's colour for unpainted pixels.
 * @param rgba [height, width, 4], transparent where the frame paints nothing
 */
export function paintedRgb(rgba: Uint8Array, width: number, frame: Frame): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let pixel = 0; pixel < rgba.length / 4; pixel++) {
    const isPainted = isInside(pixel, width, frame) && rgba[pixel * 4 + 3] !== 0;
    rgb.set(isPainted ? rgba.subarray(pixel * 4, pixel * 4 + 3) : frame.unpainted, pixel * 3);
  }
  return rgb;
}

/** Makes pixels outside the first frame transparent, in place; libvips fills them with a colour. */
export function clearOutside(rgba: Uint8Array, width: number, frame: Frame): Uint8Array {
  for (let pixel = 0; pixel < rgba.length / 4; pixel++) if (!isInside(pixel, width, frame)) rgba[pixel * 4 + 3] = 0;
  return rgba;
}

function isInside(pixel: number, screenWidth: number, { left, top, width, height }: Frame): boolean {
  const [x, y] = [(pixel % screenWidth) - left, Math.floor(pixel / screenWidth) - top];
  return x >= 0 && x < width && y >= 0 && y < height;
}

/** Returns one colour of a palette; black when the palette has no colour of this index. */
function colourOf(palette: Uint8Array, index: number): Rgb {
  const [red, green, blue] = palette.subarray(index * 3);
  return red === undefined || green === undefined || blue === undefined ? BLACK : [red, green, blue];
}

/** Returns the palette at `from`; empty when the flags say that there is none. */
function paletteAt(bytes: Uint8Array, flagsAt: number, from: number): Uint8Array {
  const flags = bytes[flagsAt] ?? 0;
  const colours = flags & 0x80 ? 2 << (flags & 7) : 0;
  return bytes.subarray(from, from + colours * 3);
}

/** Returns the offset after a sequence of blocks. Each block begins with its length; an empty block ends the sequence. */
function afterBlocks(bytes: Uint8Array, at: number): number {
  for (;;) {
    const length = bytes[at] ?? 0;
    at += length + 1;
    if (length === 0) return at;
  }
}
