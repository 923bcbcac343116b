/** @file Texts inside a PNG, each under a keyword (PNG, third edition, 11.3.3). Its pixels and all other chunks stay as they are. */

import { chunksBeforePixels, type PngChunk, withChunks } from "./pngChunks.ts";

/** The chunks that hold texts: Latin-1, compressed Latin-1, and UTF-8. */
const TEXT_CHUNKS: ReadonlySet<string> = new Set(["tEXt", "zTXt", "iTXt"]);
/** A keyword has 1 ... 79 characters of Latin-1 that can be printed, without blanks at its ends. */
const KEYWORD = /^(?! )[\x20-\x7e\xa1-\xff]{1,79}(?<! )$/;
/** What every reader of tEXt chunks reads alike. They should hold Latin-1, but some readers, libvips among them, take it for UTF-8. */
const ASCII = /^[\n\x20-\x7e]*$/;

/**
 * Returns the PNG with texts right behind its header: in a tEXt chunk where the text is ASCII, else in an iTXt chunk as UTF-8. A keyword that the file
 * has already keeps the text that it has.
 * @param png a whole PNG
 * @param texts keyword -> text; a keyword has 1 ... 79 characters of Latin-1
 * @throws RangeError for a keyword that the format does not allow
 */
export function withPngTexts(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array {
  const known = new Set(chunksBeforePixels(png).flatMap((chunk) => (TEXT_CHUNKS.has(chunk.name) ? [keywordOf(chunk)] : [])));
  const added = Object.entries(texts).filter(([keyword]) => !known.has(keyword));
  return added.length === 0 ? png : withChunks(png, added.map(textChunk));
}

const keywordOf = ({ data }: PngChunk): string => Buffer.from(data.subarray(0, data.indexOf(0))).toString("latin1");

function textChunk([keyword, text]: readonly [string, string]): PngChunk {
  if (!KEYWORD.test(keyword))
    throw new RangeError(`PNG keyword: expected 1 to 79 characters of Latin-1; got ${JSON.stringify(keyword)}`);
  const start = Buffer.from(`${keyword}\0`, "latin1");
  if (ASCII.test(text)) return { name: "tEXt", data: Buffer.concat([start, Buffer.from(text, "latin1")]) };
  // Not compressed, compression method 0, and neither a language nor a translated keyword.
  return { name: "iTXt", data: Buffer.concat([start, Buffer.alloc(4), Buffer.from(text.replaceAll("\0", ""), "utf8")]) };
}
