import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import { expect, test } from "vitest";
import { decodePicture } from "../src/decode.ts";
import { fixtureJson, PILLOW, temporaryFolder } from "./fixtures.ts";

const AS_PILLOW = { policy: "transformers" } as const;

const { pictures } = fixtureJson<{ pictures: Record<string, { mode: string; width: number; height: number; rgb: string }> }>(
  "clip/pictures.json",
);
const path = (name: string) => join(PILLOW, name);

test.each(Object.keys(pictures))("%s decodes to the bytes of Pillow's convert", async (name) => {
  const { width, height, rgb } = pictures[name]!;
  const image = await decodePicture(path(name), AS_PILLOW);
  expect([image.width, image.height]).toEqual([width, height]);
  expect(createHash("sha256").update(image.data).digest("hex")).toBe(rgb);
});

test("the orientation of a TIFF turns it, that of a PNG does not, as in Pillow", async () => {
  const upright = { width: 3, height: 2, channels: 3 } as const;
  const data = Uint8Array.from({ length: 18 }, (_, i) => 10 * i);
  const stored = (format: "tiff" | "png", orientation: number) =>
    sharp(data, { raw: upright }).withMetadata({ orientation }).toFormat(format, { compression: "lzw" }).toBuffer();
  const pixels = (image: { data: Uint8Array }) => Array.from({ length: 6 }, (_, i) => image.data[3 * i]! / 30);
  expect(pixels(await decodePicture(await stored("png", 6), AS_PILLOW))).toEqual([0, 1, 2, 3, 4, 5]);
  const turns = [0, 1, 2, 3, 4, 5, 6, 7].map(async (i) => pixels(await decodePicture(await stored("tiff", i + 1), AS_PILLOW)));
  expect(await Promise.all(turns)).toEqual([
    [0, 1, 2, 3, 4, 5],
    [2, 1, 0, 5, 4, 3],
    [5, 4, 3, 2, 1, 0],
    [3, 4, 5, 0, 1, 2],
    [0, 3, 1, 4, 2, 5],
    [3, 0, 4, 1, 5, 2],
    [5, 2, 4, 1, 3, 0],
    [2, 5, 1, 4, 0, 3],
  ]);
  expect(await decodePicture(await stored("tiff", 6), AS_PILLOW)).toMatchObject({ width: 2, height: 3 });
});

test("a TIFF whose numbers are luminance and chrominance is refused instead of shown in wrong colours", async () => {
  const tiff = readFileSync(path("rgb.tiff"));
  const photometric = Buffer.from([262 & 255, 262 >> 8, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0]);
  expect(tiff.indexOf(photometric)).toBeGreaterThan(0);
  tiff.writeUInt16LE(6, tiff.indexOf(photometric) + 8);
  await expect(decodePicture(tiff, { name: "scan.tiff" })).rejects.toThrow(
    "scan.tiff: expected a picture; it is a TIFF in YCbCr: save it as PNG or JPEG.",
  );
});

test("bytes decode like the file", async () => {
  const [file, bytes] = await Promise.all([decodePicture(path("rgb.jpg")), decodePicture(readFileSync(path("rgb.jpg")))]);
  expect(bytes.data).toEqual(file.data);
});

test("what is not a whole picture is refused in one sentence that names it", async () => {
  const folder = temporaryFolder();
  const place = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  mkdirSync(join(folder, "folder.png"));
  const jpeg = readFileSync(path("large.jpg"));
  const png = readFileSync(path("rgb.png"));
  const cases: [string, RegExp][] = [
    [join(folder, "nowhere.png"), /nowhere\.png: expected a picture; there is no such file\./],
    [join(folder, "folder.png"), /folder\.png: expected a picture; it is a folder\./],
    [place("empty.png", ""), /empty\.png: expected a picture; it is empty \(0 bytes\)\./],
    [
      place("lfs.png", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
      /lfs\.png: expected a picture; it is a pointer of Git LFS .*: run `git lfs pull`/,
    ],
    [
      place("page.jpg", " <!DOCTYPE html><html>"),
      /page\.jpg: expected a picture; it is a page of the web \(HTML\) .*: download the file/,
    ],
    [place("text.png", "hello"), /text\.png: expected a picture; it is no picture of a known kind, not a PNG, JPEG/],
    [
      place("drawing.svg", '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /drawing\.svg: expected a picture; it is of the kind SVG, not a PNG, JPEG, WebP, GIF, TIFF or AVIF: save it as PNG or JPEG\./,
    ],
    [place("half.jpg", jpeg.subarray(0, jpeg.length / 2)), /half\.jpg: expected a picture; it is broken/],
    [place("half.png", png.subarray(0, png.length / 2)), /half\.png: expected a picture; it is broken/],
    [place("head.png", png.subarray(0, 20)), /head\.png: expected a picture; it is broken/],
  ];
  for (const [file, words] of cases) {
    await expect(decodePicture(file), file).rejects.toMatchObject({
      code: "PICKAPIC_PICTURE_UNREADABLE",
      message: expect.stringMatching(words),
    });
  }
  await expect(decodePicture(Buffer.from("hello"))).rejects.toThrow(/^picture: expected a picture/);
});

test("an image bomb is refused before it is decoded", async () => {
  const bomb = png(100_000, 100_000);
  const before = process.memoryUsage().rss;
  await expect(decodePicture(bomb)).rejects.toMatchObject({
    code: "PICKAPIC_PICTURE_TOO_LARGE",
    message: expect.stringContaining("100000 x 100000"),
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
  await expect(decodePicture(path("rgb.png"), { mostPixels: 100, name: "upload 7" })).rejects.toThrow(
    /^upload 7: expected at most 100 pixels; it has 53 x 37/,
  );
});

/** A one-bit picture that claims a size and holds a single row. */
function png(width: number, height: number): Uint8Array {
  const chunk = (kind: string, data: Uint8Array) => {
    const named = Buffer.concat([Buffer.from(kind), data]);
    return Buffer.concat([uint32(data.length), named, uint32(crc32(named))]);
  };
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.from([1, 0, 0, 0, 0])]);
  const body = deflateSync(Buffer.alloc(1 + width / 8));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", body),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
