/** @file Decodes base64 where it lies. */

/**
 * Characters that are decoded at a time, a multiple of four. The text of a whole picture as one string costs more than its decoding: the string is
 * larger than what the garbage collector throws away cheaply.
 */
const PIECE = 24_576;

/**
 * Decodes base64, which may be broken into lines, into the memory of its own text: the bytes are shorter than it, and nothing is allocated. The text is
 * lost, also when it is refused.
 * @returns the bytes at the start of `text`; null when the text is no base64 or is empty
 */
export function decodeBase64(text: Buffer): Uint8Array | null {
  const length = trimmedLength(text);
  let written = 0;
  let rest = "";
  for (let at = 0; at < length; at += PIECE) {
    const end = Math.min(length, at + PIECE);
    const piece = rest + text.toString("latin1", at, end);
    const decoded = decodePiece(piece, text, written, end === length);
    if (!decoded) return null;
    written += decoded.bytes;
    rest = decoded.rest;
  }
  return written > 0 && rest === "" ? text.subarray(0, written) : null;
}

/** The length without white space at the end, so that a piece that ends with "=" is the last one. */
function trimmedLength(text: Buffer): number {
  let length = text.length;
  while (length > 0 && isWhite(text[length - 1] ?? 0)) length--;
  return length;
}

/** Space, tab and the ends of lines. */
const isWhite = (character: number): boolean => character === 0x20 || (character >= 0x09 && character <= 0x0d);

/** Decodes a piece into `memory` at `to`. What is no whole group of four characters is the rest, for the next piece. */
function decodePiece(piece: string, memory: Buffer, to: number, isLast: boolean): { bytes: number; rest: string } | null {
  return decodeDigits(piece, memory, to, isLast) ?? decodeDigits(piece.replaceAll(/\s/g, ""), memory, to, isLast);
}

function decodeDigits(digits: string, memory: Buffer, to: number, isLast: boolean) {
  const taken = isLast ? digits.length : digits.length - (digits.length % 4);
  const padding = !isLast ? 0 : digits.endsWith("==") ? 2 : digits.endsWith("=") ? 1 : 0;
  const count = taken - padding;
  // Node's decoder skips what is no base64, so that a wrong length shows it.
  const bytes = memory.write(taken === digits.length ? digits : digits.slice(0, taken), to, "base64");
  return count % 4 !== 1 && bytes === Math.floor((count * 3) / 4) ? { bytes, rest: digits.slice(taken) } : null;
}
