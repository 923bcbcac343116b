import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { decodePicture } from "../src/decode.ts";
import { encodeJpeg, storedJpeg, thumbnailJpeg } from "../src/encode.ts";
import { FILES, largestDifference, PILLOW } from "./fixtures.ts";

const file = (name: string) => readFileSync(join(FILES, name));
/** Levels that a JPEG of such small and noisy pictures loses on average; another picture is 30 or more away. */
const LOSS = 6;
const mean = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;

test("the JPEG of pixels has their size, no metadata, all colours, and the same bytes each time", async () => {
  const image = await decodePicture(join(PILLOW, "large.jpg"));
  const jpeg = await encodeJpeg(image);
  expect(await encodeJpeg(image)).toEqual(jpeg);
  const { format, width, height, chromaSubsampling, exif, icc } = await sharp(jpeg).metadata();
  expect({ format, width, height, chromaSubsampling }).toEqual({
    format: "jpeg",
    width: 451,
    height: 300,
    chromaSubsampling: "4:4:4",
  });
  expect([exif, icc]).toEqual([undefined, undefined]);
  expect(mean((await decodePicture(jpeg)).data, image.data)).toBeLessThan(LOSS);
});

test.each([
  "turned-6.webp",
  "adobe-alpha.png",
  "turned-adobe.jpg",
  "turned-cmyk.jpg",
  "invisible.png",
  "turned-3.jpg",
  "grey-18.jpg",
])("what is stored of %s looks like it to a program that knows no EXIF, profile or transparency", async (name) => {
  const shown = await decodePicture(file(name));
  const stored = await decodePicture(await storedJpeg(file(name)), { policy: "transformers" });
  expect([stored.width, stored.height]).toEqual([shown.width, shown.height]);
  expect(mean(stored.data, shown.data)).toBeLessThan(LOSS);
});

test("a plain JPEG passes byte for byte, also with zeros behind its end or with a profile that changes nothing", async () => {
  const plain = readFileSync(join(PILLOW, "rgb.jpg"));
  const padded = Buffer.concat([plain, Buffer.alloc(100)]);
  for (const bytes of [plain, padded, file("turned-1.jpg"), file("srgb.jpg")]) expect(await storedJpeg(bytes)).toBe(bytes);
});

test("metadata such as the prompt that a generator wrote into its PNG does not go along", async () => {
  const png = await sharp(file("invisible.png"))
    .withExif({ IFD0: { ImageDescription: "a secret prompt" } })
    .png()
    .toBuffer();
  expect((await sharp(png).metadata()).exif).toBeDefined();
  expect((await sharp(await storedJpeg(png)).metadata()).exif).toBeUndefined();
});

test("what cannot be decoded is not stored", async () => {
  const cut = readFileSync(join(PILLOW, "large.jpg")).subarray(0, 9000);
  await expect(storedJpeg(cut, { name: "row 7" })).rejects.toThrow(/^row 7: expected a picture; it is broken/);
});

test("a small picture for a page shows what the decoder shows, and is not enlarged", async () => {
  const small = await decodePicture(await thumbnailJpeg(file("turned-6.webp"), { side: 8 }));
  expect([small.width, small.height]).toEqual([6, 8].map((side) => expect.toSatisfy((got: number) => Math.abs(got - side) <= 1)));
  const same = await decodePicture(await thumbnailJpeg(file("invisible.png"), { side: 100 }));
  expect([same.width, same.height]).toEqual([17, 12]);
  expect(largestDifference(same.data, new Uint8Array(17 * 12 * 3).fill(255))).toBe(0);
});
