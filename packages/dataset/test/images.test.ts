import sharp from "sharp";
import { expect, test } from "vitest";
import { imageProblem, toJpeg } from "../src/images.ts";
import { samplePicture } from "./sample.ts";

test.each(["png", "webp"] as const)(
  "a %s becomes a JPEG of the same size and colour, the same bytes each time",
  async (format) => {
    const source = await samplePicture("x", format);
    const jpeg = await toJpeg(source);
    const [before, after] = [await sharp(source).raw().toBuffer(), await sharp(jpeg).raw().toBuffer()];
    expect(await sharp(jpeg).metadata()).toMatchObject({ format: "jpeg", width: 24, height: 16, chromaSubsampling: "4:4:4" });
    expect(Math.max(...after.map((value, i) => Math.abs(value - (before[i] as number))))).toBeLessThanOrEqual(3);
    expect(await toJpeg(source)).toEqual(jpeg);
    expect(await imageProblem(jpeg)).toBeUndefined();
  },
);

test("a JPEG passes as it is, so that no quality is lost twice", async () => {
  const jpeg = await samplePicture("x", "jpeg");
  expect(await toJpeg(jpeg)).toBe(jpeg);
});

test("transparent pixels become white", async () => {
  const clear = await sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
    .png()
    .toBuffer();
  const { dominant } = await sharp(await toJpeg(clear)).stats();
  expect(Math.min(dominant.r, dominant.g, dominant.b)).toBeGreaterThan(240);
});

test("metadata such as the prompt that a generator wrote into its PNG does not go along", async () => {
  const png = await sharp(await samplePicture("x"))
    .withExif({ IFD0: { ImageDescription: "a secret prompt" } })
    .png()
    .toBuffer();
  expect((await sharp(png).metadata()).exif).toBeDefined();
  expect((await sharp(await toJpeg(png)).metadata()).exif).toBeUndefined();
});

test("what is no picture, or half a picture, is refused", async () => {
  await expect(toJpeg(new TextEncoder().encode("not a picture"))).rejects.toThrow("unsupported image format");
  const png = await samplePicture("x");
  await expect(toJpeg(png.subarray(0, 60))).rejects.toThrow();
  const jpeg = await sharp({
    create: { width: 64, height: 64, channels: 3, background: "red", noise: { type: "gaussian", mean: 128, sigma: 40 } },
  })
    .jpeg()
    .toBuffer();
  await expect(toJpeg(jpeg.subarray(0, jpeg.length >> 1))).rejects.toThrow();
});

test("the check decodes every pixel: a JPEG cut in the middle is found, and so is a PNG that claims to be one", async () => {
  const jpeg = await sharp({
    create: { width: 64, height: 64, channels: 3, background: "red", noise: { type: "gaussian", mean: 128, sigma: 40 } },
  })
    .jpeg()
    .toBuffer();
  expect(await imageProblem(jpeg)).toBeUndefined();
  expect(await imageProblem(jpeg.subarray(0, jpeg.length >> 1))).toBeTruthy();
  expect(await imageProblem(await samplePicture("x", "png"))).toBe("it is not a JPEG");
});
