/** @file What sharp does not tell about a TIFF: whether it stores YCbCr, which sharp would return as if it were RGB. */

const PHOTOMETRIC = 262;
const COMPRESSION = 259;
const YCBCR = 6;
/** The two JPEG compressions, whose decoders convert YCbCr themselves. */
const JPEG = [6, 7];

/** Whether the first page stores luminance and chrominance that would be decoded as RGB. */
export function isBareYcbcr(bytes: Uint8Array): boolean {
  const tags = firstTags(bytes);
  return tags.get(PHOTOMETRIC) === YCBCR && !JPEG.includes(tags.get(COMPRESSION) ?? 0);
}

/** Returns the 16-bit values of the first directory, by tag; empty for a BigTIFF, or when the directory lies outside the file. */
function firstTags(bytes: Uint8Array): Map<number, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[0] === "I".charCodeAt(0);
  const tags = new Map<number, number>();
  if (bytes.length < 8 || view.getUint16(2, isLittle) !== 42) return tags;
  const start = view.getUint32(4, isLittle);
  if (start + 2 > bytes.length) return tags;
  const count = view.getUint16(start, isLittle);
  for (let at = start + 2, i = 0; i < count && at + 12 <= bytes.length; i++, at += 12) {
    tags.set(view.getUint16(at, isLittle), view.getUint16(at + 8, isLittle));
  }
  return tags;
}
