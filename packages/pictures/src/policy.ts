/** @file The names of the two pixel policies, in a file of their own, so that the command line does not load the decoder. */

/**
 * How the pixels of a file are read. "browser": what a judge sees: upright, on white, in sRGB. "transformers": what Python's
 * transformers computes with, the bytes of Pillow's `Image.open(file).convert("RGB")`.
 */
export const PIXEL_POLICIES = ["browser", "transformers"] as const;
/** The name of a pixel policy, as the option `--pixels` takes it. */
export type PixelPolicy = (typeof PIXEL_POLICIES)[number];
