/** @file Decodes base64 into the memory of its own text, sixteen characters at a time in WebAssembly (base64.wat). */
import { readFileSync } from "node:fs";

/** Characters that are decoded at a time: a multiple of 16 that fits into the program's memory of 64 KiB. */
const PIECE = 49_152;
/** Characters of a block of the program, and their bytes. */
const BLOCK = { characters: 16, bytes: 12 };

const program = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(new URL("./base64.wasm", import.meta.url))));
const { memory: own, decode } = program.exports;
if (!(own instanceof WebAssembly.Memory) || typeof decode !== "function")
  throw new Error("base64.wasm: expected the exports memory and decode; build it from base64.wat again");
const scratch = new Uint8Array(own.buffer);
const decodeScratch = (length: number): boolean => decode(length) === 1;

/**
 * Decodes base64, which may be broken into lines, into the memory of its own text: the bytes are shorter than it, and nothing is allocated while it is in
 * one line. A picture's text as JavaScript strings was three quarters of what the garbage collector had to throw away for a question. The text is lost,
 * also when it is refused.
 * @returns the bytes at the start of `text`; null when the text is no base64 or is empty
 */
export function decodeBase64(text: Buffer): Uint8Array | null {
  const length = trimmedLength(text);
  let written = 0;
  let rest = "";
  for (let at = 0; at < length; ) {
    const blocks = rest === "" ? blocksFrom(at, length) : 0;
    if (blocks > 0 && decodeBlocks(text, at, blocks, written)) {
      at += blocks;
      written += (blocks / BLOCK.characters) * BLOCK.bytes;
      continue;
    }
    const end = Math.min(length, at + PIECE);
    const decoded = decodePiece(rest + text.toString("latin1", at, end), text, written, end === length);
    if (!decoded) return null;
    written += decoded.bytes;
    rest = decoded.rest;
    at = end;
  }
  return written > 0 && rest === "" ? text.subarray(0, written) : null;
}

/** Characters of whole blocks from `at` on, without the last ones of the text, which may be padding. */
const blocksFrom = (at: number, length: number): number =>
  Math.min(PIECE, Math.floor(Math.max(0, length - 2 - at) / BLOCK.characters) * BLOCK.characters);

/** Decodes whole blocks into the memory of the text at `to`; false, and the text is as it was, when a character is no digit. */
function decodeBlocks(text: Buffer, at: number, characters: number, to: number): boolean {
  scratch.set(text.subarray(at, at + characters));
  if (!decodeScratch(characters)) return false;
  text.set(scratch.subarray(0, (characters / BLOCK.characters) * BLOCK.bytes), to);
  return true;
}

/** The length without white space at the end, so that a piece that ends with "=" is the last one. */
function trimmedLength(text: Buffer): number {
  let length = text.length;
  while (length > 0 && isWhite(text[length - 1] ?? 0)) length--;
  return length;
}

/** Space, tab and the ends of lines. */
const isWhite = (character: number): boolean => character === 0x20 || (character >= 0x09 && character <= 0x0d);

/** Decodes a piece into `memory` at `to`. Characters at its end that do not fill a group of four are returned as `rest`, to be put before the next piece. */
function decodePiece(piece: string, memory: Buffer, to: number, isLast: boolean): { bytes: number; rest: string } | null {
  return decodeDigits(piece, memory, to, isLast) ?? decodeDigits(piece.replaceAll(/\s/g, ""), memory, to, isLast);
}

/** How many = are at the end: 0, 1 or 2. */
function paddingOf(digits: string): number {
  if (digits.endsWith("==")) return 2;
  return digits.endsWith("=") ? 1 : 0;
}

function decodeDigits(digits: string, memory: Buffer, to: number, isLast: boolean) {
  const taken = isLast ? digits.length : digits.length - (digits.length % 4);
  const count = taken - (isLast ? paddingOf(digits) : 0);
  // Node's decoder skips characters that are not base64: the length of the result is then too small.
  const bytes = memory.write(taken === digits.length ? digits : digits.slice(0, taken), to, "base64");
  return count % 4 !== 1 && bytes === Math.floor((count * 3) / 4) ? { bytes, rest: digits.slice(taken) } : null;
}
