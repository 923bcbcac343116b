/** @file Captioned pictures on disk as prepared pixels. Each picture is drawn once; every epoch and every resumed run reads it again. */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Processor, preprocess } from "@pickapic/clip";
import { writeWholeFile } from "@pickapic/disk";
import type { RgbImage } from "@pickapic/pictures";
import { z } from "zod";
import type { PixelSource } from "../data/pixelCache.ts";
import { PickScoreError } from "../errors.ts";
import type { TrainProgress } from "../train/loop.ts";

/** A picture and one or more captions that are all true of it. Step n of training uses caption n modulo their number. */
export interface CaptionedImage {
  captions: readonly string[];
  image: RgbImage;
}

/** captions.json: the captions of each picture. */
const CAPTIONS = z.array(z.array(z.string()));

/** Pixels by the number of the picture, from 0, written as text. */
export interface CaptionedPixels extends PixelSource {
  readonly captions: readonly (readonly string[])[];
  close(): void;
}

interface CollectEffects {
  /** How many pictures the source is expected to give. Only the progress report uses it. */
  expected?: number;
  signal?: AbortSignal;
  onProgress?: (progress: TrainProgress) => void;
}

/** Opens the captioned pictures in `folder`. When they are not there, it first reads the whole source and writes its captions and pixels. */
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
  // The captions are written last, so that a folder with captions has all pixels.
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
