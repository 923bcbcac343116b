/** @file The names of the two ways to read a file, apart from the decoder: a command line that only names them need not load it. */

/**
 * How the pixels of a file are read. "browser": what a judge sees, that is turned upright, on white, in sRGB. "transformers": what Python's
 * transformers computes with, the bytes of Pillow's `Image.open(file).convert("RGB")`.
 */
export const PIXEL_POLICIES = ["browser", "transformers"] as const;
export type PixelPolicy = (typeof PIXEL_POLICIES)[number];
