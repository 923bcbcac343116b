/** @file Converts RGB bytes to the input of the image tower, as transformers' CLIPImageProcessor does with Pillow. */

import { floatAt } from "@pickapic/errors";
import type { RgbImage } from "@pickapic/pictures";
import type { Processor } from "./processor.ts";
import { type Box, resizeBicubic } from "./resample.ts";

/**
 * Resizes, crops from the centre (with black where the picture is too small), rescales and normalises.
 * @returns [3, height, width], height and width of `processor.crop`; for CLIP about -1.8...2.2
 */
export function preprocess(image: RgbImage, processor: Processor): Float32Array<ArrayBuffer> {
  const [height, width] = resizedSize(image, processor.resize);
  const crop = processor.crop ?? { height, width };
  const left = Math.floor((width - crop.width) / 2);
  const top = Math.floor((height - crop.height) / 2);
  const visible: Box = {
    left: Math.max(0, left),
    top: Math.max(0, top),
    width: Math.min(width, crop.width),
    height: Math.min(height, crop.height),
  };
  const resized = resizeBicubic(image, width, height, visible);
  return toPlanes(resized, crop, { left: visible.left - left, top: visible.top - top }, processor);
}

/** Height and width after the resize; the longer side is rounded down (transformers' get_resize_output_image_size). */
function resizedSize(image: RgbImage, resize: Processor["resize"]): [height: number, width: number] {
  if (!resize) return [image.height, image.width];
  if ("height" in resize) return [resize.height, resize.width];
  const short = resize.shortestEdge;
  return image.width <= image.height
    ? [Math.trunc((short * image.height) / image.width), short]
    : [short, Math.trunc((short * image.width) / image.height)];
}

/** Converts bytes [height, width, 3] to floats [3, size.height, size.width], with the picture at `at` and black elsewhere. */
function toPlanes(
  image: RgbImage,
  size: { height: number; width: number },
  at: { left: number; top: number },
  processor: Processor,
): Float32Array<ArrayBuffer> {
  const plane = size.height * size.width;
  const output = new Float32Array(3 * plane);
  for (const channel of CHANNELS) {
    const values = levels(channel, processor);
    if (image.width < size.width || image.height < size.height)
      output.fill(floatAt(values, 0), channel * plane, (channel + 1) * plane);
    // Unchecked reads, because checked ones make this loop half as fast; a byte is always below 256.
    for (let y = 0; y < image.height; y++) {
      let to = channel * plane + (y + at.top) * size.width + at.left;
      let from = y * image.width * 3 + channel;
      for (let x = 0; x < image.width; x++, from += 3) output[to++] = values[image.data[from]!]!;
    }
  }
  return output;
}

/** Red, green and blue, as indices of an RGB triple. */
const CHANNELS = [0, 1, 2] as const;

/** The value of each of the 256 levels of a channel, in NumPy's steps, each rounded to float32. */
function levels(channel: (typeof CHANNELS)[number], { rescale, normalize }: Processor): Float32Array {
  return Float32Array.from({ length: 256 }, (_, level) => {
    const value = Math.fround(rescale === null ? level : level * rescale);
    if (!normalize) return value;
    const [mean, deviation] = [Math.fround(normalize.mean[channel]), Math.fround(normalize.deviation[channel])];
    return Math.fround(Math.fround(value - mean) / deviation);
  });
}
