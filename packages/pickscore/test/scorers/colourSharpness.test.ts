import sharp from "sharp";
import { expect, test } from "vitest";
import { colourfulness, colourSharpness, sharpness } from "../../src/scorers/colourSharpness.ts";

/** A picture of 96 x 96 with a colour for each place. */
function pixels(colour: (x: number, y: number) => [number, number, number]): Uint8Array {
  return Uint8Array.from({ length: 96 * 96 * 3 }, (_, i) => colour(Math.floor(i / 3) % 96, Math.floor(i / 288))[i % 3]!);
}

test("colourfulness of one colour is 0.3 times its distance from grey (Hasler and Suesstrunk, equation 10, without spread)", () => {
  // Pure red: rg = 255, yb = 127.5, and sqrt(255^2 + 127.5^2) = 285.0987.
  expect(colourfulness(pixels(() => [255, 0, 0]))).toBeCloseTo(0.3 * 285.0987, 3);
  expect(colourfulness(pixels(() => [90, 90, 90]))).toBe(0);
});

test("colourfulness counts the spread of colours", () => {
  // Half red, half green: rg = +-255 (mean 0, variance 65025), yb = 127.5 everywhere.
  const value = colourfulness(pixels((x) => (x < 48 ? [255, 0, 0] : [0, 255, 0])));
  expect(value).toBeCloseTo(255 + 0.3 * 127.5, 3);
});

test("sharpness is the variance of the Laplacian", () => {
  expect(sharpness(pixels(() => [10, 20, 30]))).toBe(0);
  // A chessboard of 0 and 255: the Laplacian is +-1020 everywhere.
  expect(sharpness(pixels((x, y) => ((x + y) % 2 ? [255, 255, 255] : [0, 0, 0])))).toBeCloseTo(1020 ** 2, -2);
});

test("a colourful, sharp picture beats its grey and its blurred twin", async () => {
  const data = pixels((x, y) => (Math.floor(x / 8) + Math.floor(y / 8)) % 2 ? [230, 40, 40] : [40, 60, 220]); // biome-ignore format: one picture
  const picture = () => sharp(data, { raw: { width: 96, height: 96, channels: 3 } });
  const [colour, grey, blurred] = await Promise.all(
    [picture().png(), picture().greyscale().png(), picture().blur(4).png()].map(async (image) =>
      colourSharpness(await image.toBuffer()),
    ),
  );
  expect(colour).toBeGreaterThan(grey!);
  expect(colour).toBeGreaterThan(blurred!);
});
