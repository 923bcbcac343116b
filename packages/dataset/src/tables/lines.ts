/** @file The lines of a text of the user, such as a list of prompts, whatever encoding it is in. */

import { encodingOf, textOf } from "./encoding.ts";
import { headOf, refuseOther } from "./open.ts";

/** A text as its lines, without line ends. */
export interface TextLines {
  readonly lines: readonly string[];
  /** A sentence where the encoding was guessed. */
  readonly notes: readonly string[];
}

/**
 * Reads a text file as a whole, without its byte-order mark. It may be compressed with gzip.
 * @throws {DatasetError} NOT_FOUND when there is no such file; TABLE_INVALID for a folder and for a file that is no text; EMPTY for 0 bytes
 */
export async function readTextLines(file: string): Promise<TextLines> {
  const head = await headOf(file);
  refuseOther(file, head);
  const encoding = await encodingOf(file, head);
  const pieces: string[] = [];
  for await (const piece of textOf(file, encoding)) pieces.push(piece);
  return { lines: pieces.join("").split("\n"), notes: encoding.note === null ? [] : [encoding.note] };
}
