/**
 * @file A formula over pixels that does not read the prompt: how colourful and how sharp an image is. It is a baseline for scorers:
 * what does not beat it has learned no more than that people like colours. It is no aesthetic predictor; `aesthetic:FOLDER` is one.
 */
import { itemAt } from "@pickapic/errors";
import { decodePicture, type PixelPolicy } from "@pickapic/pictures";
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
  const { width, height, data } = await decodePicture(image, { policy });
  const pixels = await sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false })
    .resize(SIDE, SIDE, { fit: "fill" })
    .raw()
    .toBuffer();
  return colourfulness(pixels) / 100 + 0.1 * Math.log1p(sharpness(pixels));
}

/** sqrt(var rg + var yb) + 0.3 sqrt(mean rg ^ 2 + mean yb ^ 2), with rg = R - G and yb = (R + G) / 2 - B. Pixels: RGB, 0...255. */
export function colourfulness(pixels: Uint8Array): number {
  const count = pixels.length / 3;
  const rg = moments(count, (i) => itemAt(pixels, 3 * i) - itemAt(pixels, 3 * i + 1));
  const yb = moments(count, (i) => (itemAt(pixels, 3 * i) + itemAt(pixels, 3 * i + 1)) / 2 - itemAt(pixels, 3 * i + 2));
  return Math.sqrt(rg.variance + yb.variance) + 0.3 * Math.hypot(rg.mean, yb.mean);
}

/** Variance of the Laplacian of the grey image (Pech-Pacheco et al. 2000). Pixels: RGB of SIDE x SIDE, 0...255. */
export function sharpness(pixels: Uint8Array): number {
  const grey = (x: number, y: number) => {
    const at = 3 * (y * SIDE + x);
    return 0.299 * itemAt(pixels, at) + 0.587 * itemAt(pixels, at + 1) + 0.114 * itemAt(pixels, at + 2);
  };
  const inner = SIDE - 2;
  return moments(inner * inner, (i) => {
    const [x, y] = [1 + (i % inner), 1 + Math.floor(i / inner)];
    return grey(x - 1, y) + grey(x + 1, y) + grey(x, y - 1) + grey(x, y + 1) - 4 * grey(x, y);
  }).variance;
}

function moments(count: number, value: (i: number) => number): { mean: number; variance: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const v = value(i);
    sum += v;
    squares += v * v;
  }
  const mean = sum / count;
  return { mean, variance: Math.max(0, squares / count - mean * mean) };
}
