import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { expect, test } from "vitest";
import { isDecodedKind, KIND_BYTES, kindOf, type PictureKind } from "../src/kind.ts";
import { FILES, PILLOW } from "./fixtures.ts";

const latin1 = (text: string) => Buffer.from(text, "latin1");

test("the kind of every fixture is that of its ending", () => {
  const kinds: Record<string, PictureKind> = { ".jpg": "jpeg", ".tif": "tiff" };
  for (const folder of [FILES, PILLOW]) {
    for (const name of readdirSync(folder)) {
      const ending = extname(name);
      const bytes = readFileSync(join(folder, name));
      expect(kindOf(bytes), name).toBe(kinds[ending] ?? ending.slice(1));
      expect(kindOf(bytes.subarray(0, KIND_BYTES)), name).toBe(kindOf(bytes));
    }
  }
});

test.each<[string, string, PictureKind]>([
  ["an iPhone's HEIC", "\0\0\0\x24ftypheic\0\0\0\0mif1heic", "heic"],
  ["a HEIC that says so in second place", "\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"],
  ["an AVIF that says so in second place", "\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf", "avif"],
  ["a moving AVIF", "\0\0\0\x18ftypavis\0\0\0\0avismsf1", "avif"],
  ["a JPEG XL in boxes", "\0\0\0\x0cJXL \r\n\x87\n", "jxl"],
  ["a bare JPEG XL", "\xff\x0a\x00", "jxl"],
  ["a BigTIFF", "MM\0+\0\x08", "tiff"],
  ["an SVG", '<svg xmlns="http://www.w3.org/2000/svg"/>', "svg"],
  ["an SVG with a byte order mark, a declaration and a comment", '\xef\xbb\xbf<?xml version="1.0"?>\n<!-- a -->\n<svg>', "svg"],
  ["a Photoshop file", "8BPS\0\x01", "psd"],
  ["a JPEG 2000", "\0\0\0\x0cjP  \r\n\x87\n", "jp2"],
  ["an icon", "\0\0\x01\0\x02\0", "ico"],
  ["a Netpbm", "P6\n# made\n3 2\n255\n", "pnm"],
  ["a PDF", "%PDF-1.7", "pdf"],
])("%s is known by its first bytes", (_, bytes, kind) => {
  expect(kindOf(latin1(bytes))).toBe(kind);
  expect(isDecodedKind(kind)).toBe(["avif", "tiff"].includes(kind));
});

test.each([
  ["nothing", ""],
  ["text", "hello, world"],
  ["text that begins like a bitmap", "BMW is a car, and this is a sentence."],
  ["a page with a drawing in it", "<!doctype html><html><body><svg></svg>"],
  ["a video in ISO's container", "\0\0\0\x18ftypisom\0\0\0\0isommp42"],
  ["half of a WebP's head", "RIFF\0\0\0\0WE"],
  ["a sound in RIFF", "RIFF\0\0\0\0WAVEfmt "],
  ["a ZIP", "PK\x03\x04"],
  ["a box that claims to be enormous", "\xff\xff\xff\xffftypabcd"],
])("%s is of no kind", (_, bytes) => {
  expect(kindOf(latin1(bytes))).toBeUndefined();
});

test("a view into a larger buffer is read from its own beginning", () => {
  const bytes = latin1("xxxxGIF89a...");
  expect(kindOf(bytes.subarray(4))).toBe("gif");
});
