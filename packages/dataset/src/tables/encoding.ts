/** @file Decodes the text of a table file, whatever encoding a spreadsheet has used. */

import { isAscii, isUtf8 } from "node:buffer";
import { tableBytes } from "./bytes.ts";
import { tableInvalid } from "./refused.ts";

/** An encoding that `TextDecoder` knows. */
export type EncodingName = "utf-8" | "utf-16le" | "utf-16be" | "windows-1252";

/** The encoding of a text file, and whether it is certain. */
export interface Encoding {
  readonly name: EncodingName;
  /** A sentence when the encoding was guessed, so that letters may be wrong; null when the file tells it. */
  readonly note: string | null;
}

/**
 * Finds the encoding of a text file: from its byte-order mark; else UTF-16 from the positions of its zero bytes; else UTF-8 if
 * every line is; else Windows-1252, with a note. Without a UTF-16 mark the whole file is read once.
 * @param head the first bytes of the file, 64 KiB or all
 * @throws {DatasetError} TABLE_INVALID for bytes that are no text, and for a file that is UTF-8 in some lines only
 */
export async function encodingOf(file: string, head: Uint8Array): Promise<Encoding> {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  if (starts(0xff, 0xfe, 0, 0) || starts(0, 0, 0xfe, 0xff)) throw tableInvalid(file, "it is UTF-32: save the table as UTF-8");
  if (starts(0xff, 0xfe)) return { name: "utf-16le", note: null };
  if (starts(0xfe, 0xff)) return { name: "utf-16be", note: null };
  const wide = wideByZeros(head);
  if (wide === "binary") throw tableInvalid(file, "its bytes are no text: save the table as CSV, JSON Lines or Parquet");
  if (wide) return { name: wide, note: `${file} was read as ${wide.toUpperCase()}, although it has no byte-order mark.` };
  return narrowEncoding(file);
}

/**
 * Recognises UTF-16 by the zero byte beside each Latin letter, on the side of its high byte. The beginning of a table's head is
 * nearly always Latin; further down, zeros may be on either side. Returns "binary" when zeros are on both sides from the
 * beginning, null when there are none.
 */
function wideByZeros(head: Uint8Array): "utf-16le" | "utf-16be" | "binary" | null {
  if (!head.includes(0)) return null;
  const [even, odd] = zerosIn(head.subarray(0, BEGINNING));
  if (odd > 1 && even === 0) return "utf-16le";
  return even > 1 && odd === 0 ? "utf-16be" : "binary";
}

/** Bytes of the first few column names. */
const BEGINNING = 24;

function zerosIn(bytes: Uint8Array): [even: number, odd: number] {
  const zeros: [number, number] = [0, 0];
  for (const [i, byte] of bytes.entries()) if (byte === 0) zeros[i % 2 === 0 ? 0 : 1]++;
  return zeros;
}

/** UTF-8, or Windows-1252 when no line with letters beyond ASCII is UTF-8. */
async function narrowEncoding(file: string): Promise<Encoding> {
  /** The first line that is not UTF-8. */
  let first: number | undefined;
  let proper = false;
  let line = 1;
  // Bytes that are UTF-8 as a whole need not be split into lines, which takes several times as long.
  for await (const bytes of wholeLines(file))
    for (const each of isUtf8(bytes) ? [bytes] : linesIn(bytes)) {
      if (!isUtf8(each)) first ??= line;
      else proper ||= !isAscii(each);
      line += countLines(each);
    }
  if (first === undefined) return { name: "utf-8", note: null };
  if (proper)
    throw tableInvalid(
      file,
      `line ${first} is not UTF-8, although other lines are: save the table again, all of it in one encoding`,
    );
  return {
    name: "windows-1252",
    note: `${file} was read as Windows-1252 (Western European), since line ${first} is not UTF-8: where letters look wrong, save the table as UTF-8.`,
  };
}

const LF = 0x0a;

function countLines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
}

/** Bytes of a line that may wait for its end. A JSON list is often one line, and its file as large as a disk. */
const LONGEST_WAIT = 1 << 20;

/** Yields the file in chunks that end at line ends; a very long line in several chunks that end with an ASCII character. */
async function* wholeLines(file: string): AsyncGenerator<Uint8Array> {
  let rest: Uint8Array[] = [];
  for await (const chunk of tableBytes(file)) {
    const waiting = rest.reduce((sum, { length }) => sum + length, 0);
    const end = waiting > LONGEST_WAIT ? chunk.findLastIndex((byte) => byte < 0x80) + 1 : chunk.lastIndexOf(LF) + 1;
    if (end > 0) {
      yield Buffer.concat([...rest, chunk.subarray(0, end)]);
      rest = [];
    }
    rest.push(chunk.subarray(end));
  }
  yield Buffer.concat(rest);
}

/** Yields the lines of some bytes with their line ends, including a last one without a line end unless it is empty. */
function* linesIn(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start);
    yield bytes.subarray(start, end < 0 ? bytes.length : end + 1);
    start = end < 0 ? bytes.length : end + 1;
  }
}

/** Yields the text of a file in pieces, without its byte-order mark, each line end as a line feed. */
export async function* textOf(file: string, { name }: Encoding): AsyncGenerator<string> {
  const decoder = new TextDecoder(name);
  let carriageReturn = false; // Whether a piece ended with CR: the next one may begin with its LF.
  for await (const chunk of tableBytes(file)) {
    const piece = decoder.decode(chunk, { stream: true });
    const text = carriageReturn && piece.startsWith("\n") ? piece.slice(1) : piece;
    if (piece !== "") carriageReturn = piece.endsWith("\r");
    yield text.replaceAll(/\r\n?/g, "\n");
  }
  yield decoder.decode().replaceAll(/\r\n?/g, "\n");
}
