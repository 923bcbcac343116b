/** @file Picture files to RGB bytes: as a browser shows them on a white page, or as transformers reads them with Pillow. */

import { readFile } from "node:fs/promises";
import { placeholderOf } from "@pickapic/disk";
import { refusalOf } from "@pickapic/errors";
import sharp, { type Metadata } from "sharp";
import { readAsBrowser } from "./browser.ts";
import { PictureError } from "./errors.ts";
import { isDecodedKind, kindOf, type PictureKind } from "./kind.ts";
import type { Opened } from "./opened.ts";
import { withOwnColours } from "./pngColours.ts";
import type { PixelPolicy } from "./policy.ts";
import type { RgbImage } from "./rgbImage.ts";
import { isBareYcbcr } from "./tiff.ts";
import { readAsTransformers } from "./transformers.ts";

/** How a picture is decoded, how large it may be, and what it is called in errors. */
export interface DecodeOptions {
  /** Default "browser". */
  readonly policy?: PixelPolicy;
  /** What to call the picture in an error. Default: its path. */
  readonly name?: string;
  /** Largest width times height. Default `MOST_PIXELS`. */
  readonly mostPixels?: number;
}

/** Pillow's limit against decompression bombs: 2 x 1024^3 / 4 / 3 pixels, about half a gigabyte of RGB. */
const MOST_PIXELS = 178_956_970;

const DECODED = "a PNG, JPEG, WebP, GIF, TIFF or AVIF";
const REMEDY = "save it as PNG or JPEG";

/**
 * Decodes a picture, given as path or bytes: PNG, JPEG, WebP, GIF, TIFF or AVIF; of an animation the first frame. The size is
 * checked before anything is decoded.
 *
 * Policy "browser": EXIF orientation is applied to every kind, transparency is laid on white, colour profiles are converted to
 * sRGB, 16 bits become their high byte, and CMYK without a profile is (255 - ink)(255 - black)/255. PNG, JPEG, WebP and GIF are equal to
 * Chromium byte for byte, except that Chromium does not turn a WebP, and that converted profiles may differ by one level.
 *
 * Policy "transformers": alpha is dropped without blending; unpainted pixels of a GIF get a colour of its palette; EXIF
 * orientation (except in a TIFF) and colour profiles are ignored; 16-bit colour keeps its high byte; 16-bit grey is clipped at
 * 255, so it is nearly always white.
 *
 * @throws PictureError PICKAPIC_PICTURE_UNREADABLE, PICKAPIC_PICTURE_TOO_LARGE
 */
export async function decodePicture(source: string | Uint8Array, options: DecodeOptions = {}): Promise<RgbImage> {
  const read = options.policy === "transformers" ? readAsTransformers : readAsBrowser;
  return read(await openPicture(source, options)).catch(rethrow(nameOf(source, options)));
}

/**
 * Checks kind, header and size of a file, without decoding it.
 * @throws PictureError PICKAPIC_PICTURE_UNREADABLE, PICKAPIC_PICTURE_TOO_LARGE
 */
export async function openPicture(source: string | Uint8Array, options: DecodeOptions): Promise<Opened> {
  const name = nameOf(source, options);
  const given = typeof source === "string" ? await readPicture(source) : source;
  const kind = checkKind(given, name);
  const bytes = kind === "png" && options.policy !== "transformers" ? withOwnColours(given) : given;
  const picture = sharp(bytes, { failOn: "error", ignoreIcc: options.policy === "transformers", limitInputPixels: false });
  const facts = await picture.metadata().catch(rethrow(name));
  checkSize(facts, name, options.mostPixels ?? MOST_PIXELS);
  return { picture, facts, bytes };
}

function nameOf(source: string | Uint8Array, { name }: DecodeOptions): string {
  return name ?? (typeof source === "string" ? source : "picture");
}

/**
 * Checks the kind before libvips sees the bytes, because libvips also opens kinds that browsers and Pillow read differently or
 * not at all, such as SVG.
 */
function checkKind(bytes: Uint8Array, name: string): PictureKind {
  if (bytes.length === 0) throw unreadable(name, "it is empty (0 bytes)");
  const kind = kindOf(bytes);
  if (!isDecodedKind(kind)) throw unreadable(name, otherFile(bytes, kind));
  if (kind === "tiff" && isBareYcbcr(bytes)) throw unreadable(name, `it is a TIFF in YCbCr: ${REMEDY}`);
  return kind;
}

/** Says what the file is instead of a picture that can be decoded, and what to do. */
function otherFile(bytes: Uint8Array, kind: PictureKind | undefined): string {
  if (kind) return `it is of the kind ${kind.toUpperCase()}, not ${DECODED}: ${REMEDY}`;
  return placeholderOf(bytes) ?? `it is no picture of a known kind, not ${DECODED}`;
}

function checkSize({ width, height }: Metadata, name: string, most: number): void {
  if (width * height <= most) return;
  throw new PictureError("PICKAPIC_PICTURE_TOO_LARGE", name, most, width, height);
}

async function readPicture(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: Error) => {
    throw unreadable(file, refusalOf(error), error);
  });
}

function rethrow(name: string): (error: Error) => never {
  return (error) => {
    throw unreadable(name, `it is broken${reason(error.message)}, or a variety that is not decoded: ${REMEDY} anew`, error);
  };
}

function unreadable(name: string, what: string, cause?: Error): PictureError {
  return new PictureError("PICKAPIC_PICTURE_UNREADABLE", name, what).because(cause);
}

/**
 * Returns the first line of libvips' message. When several pictures fail at once, one may get another's message; then it returns
 * an empty text.
 */
function reason(text: string): string {
  const line = (text.split("\n").find((each) => each.trim() !== "") ?? "").trim().slice(0, 120);
  return line === "" || line === "Unknown error" ? "" : ` (${line})`;
}
