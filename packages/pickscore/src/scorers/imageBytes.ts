/** @file Scorers that compute from the bytes of one image at a time. */
import { readFile } from "node:fs/promises";
import { messageOf } from "@pickapic/errors";
import type { ImageScore, ImageSource, PromptedImage } from "../score/imageResult.ts";
import type { Scorer } from "./scorer.ts";

/** The bytes of an image; those of a path are read from the disk. */
export async function bytesOf(image: ImageSource): Promise<Uint8Array> {
  return typeof image === "string" ? readFile(image) : image;
}

/** Images that are read and decoded at the same time. */
const AT_ONCE = 16;

/** Scores images one by one with `compute`. An image that cannot be read or decoded gets a reason. */
export function perImage(compute: (prompt: string, image: Uint8Array) => number | Promise<number>): Scorer["scorePairs"] {
  const one = async ({ prompt, image }: PromptedImage): Promise<ImageScore> => {
    try {
      return { score: await compute(prompt, await bytesOf(image)) };
    } catch (error) {
      return { code: "PICKAPIC_IMAGE_UNREADABLE", message: messageOf(error) };
    }
  };
  return async (pairs) => {
    const results: ImageScore[] = [];
    for (let start = 0; start < pairs.length; start += AT_ONCE)
      results.push(...(await Promise.all(pairs.slice(start, start + AT_ONCE).map(one))));
    return results;
  };
}
