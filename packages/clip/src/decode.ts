/** @file Picture files to RGB bytes, the same bytes as Pillow's `Image.open(file).convert("RGB")`. */

import { readFile } from "node:fs/promises";
import sharp, { type Metadata, type Sharp } from "sharp";
import { ClipError } from "./errors.ts";
import { firstFrame, paintedRgb } from "./gif.ts";
import { isBareYcbcr } from "./tiff.ts";

/** `data` is [height, width, 3], rows from the top, 0...255. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** sharp's names of what is taken. It knows more, SVG among them, but Pillow does not read them alike. */
const FORMATS = ["png", "jpeg", "webp", "gif", "tiff", "heif"];
const KNOWN = "a PNG, JPEG, WebP, GIF, TIFF or AVIF";

/** Pillow's own limit against image bombs: 2 x 1024^3 / 4 / 3 pixels, a good half gigabyte of RGB. */
export const MOST_PIXELS = 178_956_970;

/**
 * Decodes a file or its bytes: PNG, JPEG, WebP, GIF, TIFF, AVIF; the first frame of an animation.
 *
 * As Pillow does it: alpha is dropped, not blended; what a GIF leaves unpainted has a colour of its palette; EXIF orientation and colour profiles are ignored, but a TIFF is turned; CMYK becomes 255 - min(255, c + k) in
 * Pillow's rounding; 16-bit colour keeps its high byte; 16-bit grey is clipped at 255 (so nearly always white), strange as that is.
 * @param name what to call the picture in an error; a path is its own name.
 * @throws ClipError PICKAPIC_CLIP_IMAGE_UNREADABLE, PICKAPIC_CLIP_IMAGE_TOO_LARGE
 */
export async function decodePixels(
  source: string | Uint8Array,
  { name = typeof source === "string" ? source : "picture", mostPixels = MOST_PIXELS } = {},
): Promise<RgbImage> {
  const bytes = typeof source === "string" ? await readPicture(source) : source;
  if (bytes.length === 0) throw unreadable(name, "it is empty (0 bytes)");
  const picture = sharp(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: false });
  const facts = await picture.metadata().catch(rethrow(name));
  const turned = facts.format === "tiff" && facts.orientation !== undefined;
  const { width, height } = turned ? facts.autoOrient : facts;
  if (!FORMATS.includes(facts.format)) throw unreadable(name, `it is ${facts.format}, not ${KNOWN}`);
  if (facts.format === "tiff" && isBareYcbcr(bytes)) throw unreadable(name, "it is a TIFF in YCbCr: save it as RGB");
  if (width * height > mostPixels) throw tooLarge(name, width, height, mostPixels);
  return { width, height, data: await readRgb(turned ? picture.autoOrient() : picture, facts, bytes).catch(rethrow(name)) };
}

async function readRgb(
  picture: Sharp,
  { format, width, space, depth, hasAlpha }: Metadata,
  bytes: Uint8Array,
): Promise<Uint8Array> {
  if (format === "gif") {
    return paintedRgb(await picture.toColourspace("srgb").ensureAlpha().raw().toBuffer(), width, firstFrame(bytes));
  }
  if (space === "cmyk") return fromCmyk(await picture.pipelineColourspace("cmyk").toColourspace("cmyk").raw().toBuffer());
  if (space === "grey16" && depth === "ushort" && !hasAlpha) {
    return fromDeepGrey(await picture.pipelineColourspace("grey16").toColourspace("grey16").raw({ depth: "ushort" }).toBuffer());
  }
  return picture.toColourspace("srgb").removeAlpha().raw().toBuffer();
}

/** Pillow's cmyk2rgb: 255 - k - c (255 - k) / 255, rounded, with the file's inverted inks already set right. */
function fromCmyk(inks: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((inks.length / 4) * 3);
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!;
    for (let channel = 0; channel < 3; channel++) {
      const product = inks[from + channel]! * light + 128;
      rgb[to++] = light - (((product >> 8) + product) >> 8);
    }
  }
  return rgb;
}

/** Pillow clips mode I;16 instead of scaling it. */
function fromDeepGrey(bytes: Uint8Array): Uint8Array {
  const grey = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const rgb = new Uint8Array(grey.length * 3);
  for (let i = 0; i < grey.length; i++) rgb.fill(Math.min(255, grey[i]!), i * 3, i * 3 + 3);
  return rgb;
}

async function readPicture(file: string): Promise<Uint8Array> {
  const reasons: Record<string, string> = {
    ENOENT: "there is no such file",
    EISDIR: "it is a folder",
    EACCES: "it may not be read",
  };
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, reasons[error.code ?? ""] ?? `it cannot be read (${error.code})`, error);
  });
}

function rethrow(name: string): (error: Error) => never {
  return (error) => {
    const what = /unsupported image format/.test(error.message) ? `it is not ${KNOWN}` : `it is broken${reason(error.message)}`;
    throw unreadable(name, what, error);
  };
}

function unreadable(name: string, what: string, cause?: Error): ClipError {
  return new ClipError("PICKAPIC_CLIP_IMAGE_UNREADABLE", `${name}: expected a picture; ${what}.`, { cause });
}

function tooLarge(name: string, width: number, height: number, most: number): ClipError {
  return new ClipError(
    "PICKAPIC_CLIP_IMAGE_TOO_LARGE",
    `${name}: expected at most ${most} pixels; it has ${width} x ${height}: make it smaller first.`,
  );
}

/** The first line of what libvips says. When several pictures fail at once, one may take the words of another: there is none then. */
function reason(text: string): string {
  const line = (text.split("\n").find((each) => each.trim() !== "") ?? "").trim().slice(0, 120);
  return line === "" || line === "Unknown error" ? "" : ` (${line})`;
}
