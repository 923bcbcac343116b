/** @file The kinds of files that people give by mistake for another, told by their first bytes. */

import { open } from "node:fs/promises";

/** Bytes from the beginning of a file that `signatureOf` looks at. */
export const SIGNATURE_BYTES = 512;

/**
 * Reads the first bytes of a file, at most `most`.
 * @throws the system's error when it cannot be read
 */
export async function startOfFile(file: string, most = SIGNATURE_BYTES): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(most), 0, most, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What a file begins with, as Latin-1. The first that fits counts. */
const SIGNATURES = [
  ["git-lfs-pointer", "version https://git-lfs"],
  ["zip", "PK\x03\x04"],
  ["ole", "\xd0\xcf\x11\xe0"],
  ["gzip", "\x1f\x8b"],
  ["zstandard", "\x28\xb5\x2f\xfd"],
  ["pdf", "%PDF-"],
  ["parquet", "PAR1"],
  ["arrow", "ARROW1"],
  ["gguf", "GGUF"],
  ["hdf5", "\x89HDF"],
] as const;

/** A kind of file that is often given by mistake for another, such as "zip", "pdf" or "git-lfs-pointer". */
export type SignatureKind = (typeof SIGNATURES)[number][0] | "web-page";

/** A page of the web: a declaration or a tag, behind white space and a byte order mark. */
const WEB_PAGE = /^(\xef\xbb\xbf)?\s*<(!doctype html|html|head|body)\b/i;

/**
 * The kind of a file by its first bytes; undefined for any other kind.
 * @param start the whole file or its first `SIGNATURE_BYTES`
 */
export function signatureOf(start: Uint8Array): SignatureKind | undefined {
  const text = Buffer.from(start.buffer, start.byteOffset, Math.min(start.length, SIGNATURE_BYTES)).toString("latin1");
  if (WEB_PAGE.test(text)) return "web-page";
  return SIGNATURES.find(([, beginning]) => text.startsWith(beginning))?.[0];
}

/** What was given instead of a file, and what to do, for the two kinds that stand for any file. */
const PLACEHOLDERS: { readonly [kind in SignatureKind]?: string } = {
  "git-lfs-pointer": "it is a pointer of Git LFS and not the file itself: run `git lfs pull` in its folder",
  "web-page": "it is a page of the web (HTML) and not the file itself: download the file, not the page that shows it",
};

/** Says that a file only stands for the one that was wanted, and what to do; undefined for a file that does not. */
export function placeholderOf(start: Uint8Array): string | undefined {
  const kind = signatureOf(start);
  return kind && PLACEHOLDERS[kind];
}
