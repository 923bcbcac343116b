/** @file Pictures with captions as prepared pixels on disk: drawn once, read again by every epoch and after every resume. */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Processor, preprocess } from "@pickapic/clip";
import { writeWholeFile } from "@pickapic/disk";
import type { RgbImage } from "@pickapic/pictures";
import { z } from "zod";
import type { PixelSource } from "../data/pixelCache.ts";
import { PickScoreError } from "../errors.ts";
import type { Progress } from "../train/loop.ts";

/** A picture and one or more captions that are all true of it; each batch reads those of the next place. */
export interface CaptionedImage {
  captions: readonly string[];
  image: RgbImage;
}

/** captions.json: those of each picture. */
const CAPTIONS = z.array(z.array(z.string()));

/** Pictures go by their number, written as a text. */
export interface CaptionedPixels extends PixelSource {
  readonly captions: readonly (readonly string[])[];
  close(): void;
}

interface CollectEffects {
  /** How many pictures there will be, for the progress only. */
  expected?: number;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

/** Reads a source to its end into two files of `folder`, or opens the files of an earlier, complete reading. */
export async function collectImages(
  pairs: AsyncIterable<CaptionedImage>,
  processor: Processor,
  folder: string,
  effects: CollectEffects,
): Promise<CaptionedPixels> {
  const files = { captions: join(folder, "captions.json"), pixels: join(folder, "pixels.u8") };
  const known = await readFile(files.captions, "utf8").catch(() => null);
  const captions = known === null ? await collect(pairs, processor, files, effects) : CAPTIONS.parse(JSON.parse(known));
  if (captions.length === 0) throw new PickScoreError("PICKAPIC_TRAIN_FEW_PICTURES", 1, 0, 0);
  return openPixels(captions, files.pixels);
}

async function collect(
  pairs: AsyncIterable<CaptionedImage>,
  processor: Processor,
  files: { captions: string; pixels: string },
  { expected = 0, signal, onProgress }: CollectEffects,
): Promise<string[][]> {
  const bytesOnly = { ...processor, rescale: null, normalize: null };
  const captions: string[][] = [];
  await using pixels = await open(files.pixels, "w");
  for await (const pair of pairs) {
    signal?.throwIfAborted();
    await pixels.write(Uint8Array.from(preprocess(pair.image, bytesOnly)));
    captions.push([...pair.captions]);
    onProgress?.({ done: captions.length, total: expected, unit: "pictures", note: "drawing" });
  }
  await pixels.sync();
  // Last, so that captions stand for complete pixels.
  await writeWholeFile(files.captions, JSON.stringify(captions));
  return captions;
}

function openPixels(captions: string[][], file: string): CaptionedPixels {
  const handle = openSync(file, "r");
  const bytes = statSync(file).size / captions.length;
  return {
    captions,
    copy(uid, target, row) {
      readSync(handle, target, row * bytes, bytes, Number(uid) * bytes);
    },
    close: () => closeSync(handle),
  };
}
