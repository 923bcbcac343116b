/**
 * @file The pictures of a foreign row: bytes, the struct {bytes, path} of Hugging Face's `Image`, lists, or files beside the
 * data.
 */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { locatePicture } from "../tables/paths.ts";
import { bytesIn, pathIn } from "../tables/pictures.ts";
import type { ForeignColumns } from "./columns.ts";
import type { ForeignCells, ForeignFile } from "./file.ts";

/** The two pictures of a row; undefined for a missing one. */
export type BothPictures = readonly [Uint8Array | undefined, Uint8Array | undefined];

/** Reads the pictures of a row. */
export async function foreignPictures(
  cells: ForeignCells,
  { pictures }: ForeignColumns,
  file: ForeignFile,
): Promise<BothPictures> {
  if (!pictures) return [undefined, undefined];
  const [first, second] = pictures;
  const both = cells[first];
  const [a, b] = first === second ? (Array.isArray(both) ? both : []) : [both, cells[second]];
  return [await pictureIn(a, file), await pictureIn(b, file)];
}

async function pictureIn(value: unknown, { path: data }: ForeignFile): Promise<Uint8Array | undefined> {
  const bytes = bytesIn(value);
  if (bytes) return bytes;
  const path = pathIn(value);
  if (path === undefined) return undefined;
  const located = await locatePicture(path, data);
  return "path" in located ? readFile(located.path) : undefined;
}

/** The uid of a picture without one: 32 hexadecimal digits of its SHA-256. */
export function uidOf(bytes: Uint8Array | undefined): string {
  return createHash("sha256")
    .update(bytes ?? new Uint8Array())
    .digest("hex")
    .slice(0, 32);
}
