import sharp from "sharp";
import { expect, test } from "vitest";
import { imageProblem } from "../../src/validate/images.ts";
import { samplePicture } from "../sample.ts";

test("the check decodes every pixel: a JPEG cut in the middle is found, and so is a PNG that claims to be one", async () => {
  const jpeg = await sharp({
    create: { width: 64, height: 64, channels: 3, background: "red", noise: { type: "gaussian", mean: 128, sigma: 40 } },
  })
    .jpeg()
    .toBuffer();
  expect(await imageProblem(jpeg)).toBeUndefined();
  expect(await imageProblem(jpeg.subarray(0, jpeg.length >> 1))).toMatch(/it is broken/);
  expect(await imageProblem(await samplePicture("x", "png"))).toBe("it is not a JPEG");
});
