/** @file What sharp does not say of a TIFF: whether its numbers are colours that it would take for red, green and blue. */

const PHOTOMETRIC = 262;
const COMPRESSION = 259;
const YCBCR = 6;
/** Both kinds of JPEG, which turn the colours themselves. */
const JPEG = [6, 7];

/** Whether the first page is luminance and chrominance that are decoded as if they were RGB. */
export function isBareYcbcr(bytes: Uint8Array): boolean {
  const tags = firstTags(bytes);
  return tags.get(PHOTOMETRIC) === YCBCR && !JPEG.includes(tags.get(COMPRESSION) ?? 0);
}

/** Numbers of 16 bits in the first directory, by tag; none where it lies outside of the file or is that of a BigTIFF. */
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
