/** @file The kind of a picture file, recognised by its first bytes, because file names can be wrong. */

/** Kinds that are decoded: browsers (except for TIFF), Pillow and libvips agree about their pixels. */
export const DECODED_KINDS = ["png", "jpeg", "webp", "gif", "avif", "tiff"] as const;

/** Kinds that are recognised but not decoded, so that they can be counted and named in a message. */
const OTHER_KINDS = ["bmp", "heic", "jxl", "svg", "ico", "psd", "jp2", "exr", "dds", "pnm", "qoi", "pdf"] as const;

/** A kind of picture that `decodePicture` can decode. */
export type DecodedKind = (typeof DECODED_KINDS)[number];
/** A kind of file that is recognised by its first bytes, whether or not it can be decoded. */
export type PictureKind = DecodedKind | (typeof OTHER_KINDS)[number];

/** How many bytes from the beginning of a file `kindOf` needs at most. */
export const KIND_BYTES = 1024;

/** Whether `decodePicture` takes pictures of this kind. */
export function isDecodedKind(kind: PictureKind | undefined): kind is DecodedKind {
  return DECODED_KINDS.some((decoded) => decoded === kind);
}

/** The beginning of each kind of file, as Latin-1; `?` stands for any byte. The first match counts. */
const BEGINNINGS: readonly (readonly [PictureKind, string])[] = [
  ["png", "\x89PNG\r\n\x1a\n"],
  ["jpeg", "\xff\xd8\xff"],
  ["gif", "GIF87a"],
  ["gif", "GIF89a"],
  ["webp", "RIFF????WEBP"],
  ["tiff", "II*\0"],
  ["tiff", "MM\0*"],
  ["tiff", "II+\0"],
  ["tiff", "MM\0+"],
  ["jxl", "\xff\x0a"],
  ["jxl", "\0\0\0\x0cJXL \r\n\x87\n"],
  ["jp2", "\0\0\0\x0cjP  \r\n\x87\n"],
  ["jp2", "\xff\x4f\xff\x51"],
  ["psd", "8BPS\0"],
  ["exr", "\x76\x2f\x31\x01"],
  ["dds", "DDS \x7c\0\0\0"],
  ["qoi", "qoif"],
  ["pdf", "%PDF-"],
  // The length of the file, then four reserved bytes that every writer leaves at zero.
  ["bmp", "BM????\0\0\0\0"],
  // Icons: 1 to 255 images.
  ["ico", "\0\0\x01\0?\0"],
];

/** Brands of AVIF in the first box of an ISO base media file. */
const AVIF_BRANDS = ["avif", "avis"];
const HEIC_BRANDS = ["heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1"];

/**
 * Returns the kind of a picture file; undefined when it is none of the known kinds.
 * @param bytes the whole file, or its first `KIND_BYTES`
 */
export function kindOf(bytes: Uint8Array): PictureKind | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, KIND_BYTES)).toString("latin1");
  const found = BEGINNINGS.find(([, beginning]) => fits(start, beginning));
  return found?.[0] ?? boxKind(start) ?? (isSvg(start) ? "svg" : undefined) ?? (isPnm(start) ? "pnm" : undefined);
}

function fits(start: string, beginning: string): boolean {
  return start.length >= beginning.length && [...beginning].every((byte, i) => byte === "?" || byte === start[i]);
}

/** AVIF or HEIC, by the major brand, then by the compatible brands. */
function boxKind(start: string): PictureKind | undefined {
  if (start.slice(4, 8) !== "ftyp") return undefined;
  const length = Buffer.from(start.slice(0, 4), "latin1").readUInt32BE();
  const brands = (start.slice(8, Math.min(length, start.length)).match(/[\s\S]{4}/g) ?? []).filter((_, i) => i !== 1);
  const [main = ""] = brands;
  if (AVIF_BRANDS.includes(main)) return "avif";
  if (main.startsWith("he") && HEIC_BRANDS.includes(main)) return "heic";
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return "avif";
  return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? "heic" : undefined;
}

/** What may stand before the first element of an SVG: declarations, comments, a document type. */
const BEFORE_SVG = /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<!DOCTYPE svg[\s\S]*?>/gi;

function isSvg(start: string): boolean {
  return /^(\xef\xbb\xbf)?\s*<svg[\s>]/i.test(start.replace(BEFORE_SVG, ""));
}

/** Netpbm: a magic number, then the width. */
function isPnm(start: string): boolean {
  return /^P[1-6]\s+(#[^\n]*\n\s*)*\d/.test(start);
}
