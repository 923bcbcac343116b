import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { expect, test } from "vitest";
import { decodePicture } from "../src/decode.ts";
import { FILES, fixtureJson, inflated, largestDifference, type Painted, PILLOW, sha256 } from "./fixtures.ts";

const { pictures: painted } = fixtureJson<{ pictures: Record<string, Painted> }>("pictures/browser.json");
const pathOf = (name: string) => [FILES, PILLOW].map((folder) => join(folder, name)).find((path) => existsSync(path))!;

/** Levels by which this decoder may differ from Chromium, and why; all other pictures are equal to the byte. */
const FARTHEST: readonly (readonly [RegExp, number])[] = [
  // Another library converts colour profiles, in other roundings.
  [/adobe|grey-18|exchanged\.avif/, 1],
  [/^gamma-grey/, 3],
  [/^gamma-/, 1],
  // Another library turns luminance and chrominance into colours, and scales subsampled chrominance with another filter.
  [/^(turned-\d|avif-4(44|00))\.avif$/, 1],
  [/^avif-42[02]\.avif$/, 40],
  // Chromium multiplies the colours of an AVIF with its opacity before it converts them.
  [/^alpha-even\.avif$/, 2],
  [/^alpha\.avif$/, 20],
];
/** Chromium leaves a WebP as it lies; here every kind is turned. BMP and moving AVIF are not decoded. */
const OTHERWISE = /^turned-[2-8]\.webp$|\.bmp$|^moving\.avif$/;

const names = Object.keys(painted).filter((name) => !OTHERWISE.test(name));

test.each(names)("%s has the pixels that Chromium paints on a white page", async (name) => {
  const { width, height, data } = await decodePicture(pathOf(name));
  const expected = painted[name]!;
  expect([width, height]).toEqual([expected.width, expected.height]);
  const farthest = FARTHEST.find(([pattern]) => pattern.test(name))?.[1] ?? 0;
  if (expected.rgb) expect(largestDifference(data, inflated(expected.rgb))).toBeLessThanOrEqual(farthest);
  else expect(sha256(data)).toBe(expected.sha256);
});

test("all kinds of file, and all that makes them differ, are among the pictures that are compared", () => {
  expect(names.length).toBeGreaterThan(95);
  expect(new Set(names.map((name) => name.split(".")[1]))).toEqual(new Set(["png", "jpg", "webp", "gif", "avif"]));
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])("a WebP with the EXIF orientation %i is turned like the PNG", async (orientation) => {
  const [webp, png] = await Promise.all(
    ["webp", "png"].map((kind) => decodePicture(join(FILES, `turned-${orientation}.${kind}`))),
  );
  expect(webp).toEqual(png);
});

test("a PNG whose gAMA or cHRM cannot be meant is read without them", async () => {
  const plain = await decodePicture(join(FILES, "gamma-srgb.png"));
  const png = readFileSync(join(FILES, "gamma-linear-primaries.png"));
  const damaged = (name: string, content: readonly number[]) => {
    const bytes = Buffer.from(png);
    const at = bytes.indexOf(name) + 4;
    for (const [i, value] of content.entries()) bytes.writeUInt32BE(value, at + 4 * i);
    bytes.writeUInt32BE(crc32(bytes.subarray(at - 4, at + 4 * content.length)), at + 4 * content.length);
    return bytes;
  };
  for (const gamma of [0, 1, 2 ** 32 - 1]) expect(await decodePicture(damaged("gAMA", [gamma]))).toEqual(plain);
  const linear = await decodePicture(join(FILES, "gamma-linear.png"));
  for (const primaries of [Array(8).fill(0), Array(8).fill(30_000), Array(8).fill(2 ** 32 - 1)])
    expect(await decodePicture(damaged("cHRM", primaries))).toEqual(linear);
});

test("a TIFF, which browsers do not show, is turned, and its opacity counts", async () => {
  const rgb = await decodePicture(join(PILLOW, "rgb.png"));
  expect(await decodePicture(readFileSync(join(PILLOW, "rgb.tiff")))).toEqual(rgb);
});

test("the two policies differ where they should, and only there", async () => {
  const differ = async (name: string) => {
    const [browser, transformers] = await Promise.all(
      (["browser", "transformers"] as const).map((policy) => decodePicture(pathOf(name), { policy })),
    );
    return browser!.width !== transformers!.width || largestDifference(browser!.data, transformers!.data) > 0;
  };
  const different = [
    "rgba.png",
    "invisible.png",
    "turned-6.jpg",
    "turned-6.webp",
    "adobe.jpg",
    "grey-16-bits.png",
    "offset.gif",
    "gamma-linear.png",
  ];
  expect(await Promise.all(different.map(differ))).toEqual(different.map(() => true));
  const same = ["rgb.png", "rgb.jpg", "rgb-16-bits.png", "cmyk.jpg", "palette.png", "turned-1.jpg", "animated.gif"];
  expect(await Promise.all(same.map(differ))).toEqual(same.map(() => false));
});
