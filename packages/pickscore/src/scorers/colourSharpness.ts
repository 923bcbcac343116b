/**
 * @file A formula over pixels that does not read the prompt: how colourful and how sharp an image is. It is a baseline for scorers:
 * what does not beat it has learned no more than that people like colours. It is no aesthetic predictor; `aesthetic:FOLDER` is one.
 */
import { byteAt, doubleAt } from "@pickapic/errors";
import { decodePicture, type PixelPolicy, type RgbImage } from "@pickapic/pictures";
import sharp from "sharp";
import { perImage } from "./imageBytes.ts";
import type { ScorerKind } from "./kind.ts";
import { methodsOf } from "./scorer.ts";

/** The name of this scorer on the command line. */
export const COLOUR_SHARPNESS = "colour-sharpness";

/** The formula as a scorer. */
export const colourSharpnessKind: ScorerKind = {
  usesCores: false,
  argumentOf: (name) => (name === COLOUR_SHARPNESS ? "" : null),
  open: async (_argument, { pixels }) => ({
    name: COLOUR_SHARPNESS,
    ...methodsOf(perImage((_prompt, image) => colourSharpness(image, pixels))),
    identify: async () => "formula 1",
    close: async () => {},
  }),
};

/** Images are measured at this size, px, so that fine noise does not count as detail. */
const SIDE = 96;

/**
 * Colourfulness (0 grey, about 100 extremely colourful; Hasler and Suesstrunk 2003, equation 10) divided by 100, plus a tenth of
 * the logarithm of the sharpness. Larger is prettier. A difference of two scores is read as log odds.
 * @param image an encoded image
 * @param policy how its pixels are read
 * @throws PictureError when it cannot be read
 */
export async function colourSharpness(image: Uint8Array, policy: PixelPolicy = "browser"): Promise<number> {
  const picture = await decodePicture(image, { policy });
  const pixels = picture.width === SIDE && picture.height === SIDE ? picture.data : await resized(picture);
  return colourfulness(pixels) / 100 + 0.1 * Math.log1p(sharpness(pixels));
}

const resized = ({ width, height, data }: RgbImage): Promise<Uint8Array> =>
  sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize(SIDE, SIDE, { fit: "fill" })
    .raw()
    .toBuffer();

/** sqrt(var rg + var yb) + 0.3 sqrt(mean rg ^ 2 + mean yb ^ 2), with rg = R - G and yb = (R + G) / 2 - B. Pixels: RGB, 0...255. */
export function colourfulness(pixels: Uint8Array): number {
  const count = pixels.length / 3;
  const redGreen = new Float64Array(count);
  const yellowBlue = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const [red, green, blue] = [byteAt(pixels, 3 * i), byteAt(pixels, 3 * i + 1), byteAt(pixels, 3 * i + 2)];
    redGreen[i] = red - green;
    yellowBlue[i] = (red + green) / 2 - blue;
  }
  const [rg, yb] = [moments(redGreen), moments(yellowBlue)];
  return Math.sqrt(rg.variance + yb.variance) + 0.3 * Math.hypot(rg.mean, yb.mean);
}

/** Variance of the Laplacian of the grey image (Pech-Pacheco et al. 2000). Pixels: RGB of SIDE x SIDE, 0...255. */
export function sharpness(pixels: Uint8Array): number {
  const grey = new Float64Array(SIDE * SIDE);
  for (let i = 0; i < grey.length; i++)
    grey[i] = 0.299 * byteAt(pixels, 3 * i) + 0.587 * byteAt(pixels, 3 * i + 1) + 0.114 * byteAt(pixels, 3 * i + 2);
  const inner = SIDE - 2;
  const laplacian = new Float64Array(inner * inner);
  for (let i = 0; i < laplacian.length; i++) {
    const at = SIDE * (1 + Math.floor(i / inner)) + 1 + (i % inner);
    const around = doubleAt(grey, at - 1) + doubleAt(grey, at + 1) + doubleAt(grey, at - SIDE) + doubleAt(grey, at + SIDE);
    laplacian[i] = around - 4 * doubleAt(grey, at);
  }
  return moments(laplacian).variance;
}

function moments(values: Float64Array): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return { mean, variance: Math.max(0, squares / values.length - mean * mean) };
}
