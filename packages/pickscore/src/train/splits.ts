/** @file Reads the splits of a run: train, or a share of its prompts, and the validation split when the dataset has one. */
import { preprocess } from "@pickapic/clip";
import { decodePicture } from "@pickapic/pictures";
import { type ExampleSource, type LoadOptions, loadExamples } from "../data/examples.ts";
import type { PixelStore } from "../data/pixelCache.ts";
import { type Pair, sharePrompts } from "../data/plan.ts";
import type { TrainModel } from "../model/model.ts";
import type { TrainSettings } from "../settings/settings.ts";
import type { LoopEffects } from "./loop.ts";

/** The pairs of a run. The pixels of their images are in the cache that was given. */
export interface LoadedSplits {
  train: readonly Pair[];
  /** Empty when the dataset has no such split, or when the training pairs choose the step by cross-fitting. */
  validation: readonly Pair[];
}

/** Reads both splits and puts the pixels of their images into `pixels`. Throws as `loadExamples` does. */
export async function loadSplits(
  settings: Pick<TrainSettings, "pixels" | "share" | "seed" | "validationSplit" | "validationPairs">,
  source: ExampleSource,
  { processor }: Pick<TrainModel, "processor">,
  pixels: PixelStore,
  { signal, onProgress }: Partial<LoopEffects>,
): Promise<LoadedSplits> {
  // Pixels stay bytes, which take a quarter of the memory of floats. The graphs of the towers rescale and normalize them.
  const bytesOnly = { ...processor, rescale: null, normalize: null };
  const prepare = async (bytes: Uint8Array) =>
    Uint8Array.from(preprocess(await decodePicture(bytes, { policy: settings.pixels }), bytesOnly));
  const load = (split: "train" | "validation" | "validation_unique", options: LoadOptions) => {
    const report = (done: number, total: number) => onProgress?.({ done, total, unit: "pairs", note: `reading ${split}` });
    return loadExamples(source, split, pixels, prepare, { ...options, report, signal });
  };
  const { validationSplit, validationPairs } = settings;
  const train = await load("train", { only: await promptsToLearn(settings, source) });
  if (validationSplit === "cross-fitted" || source.count(validationSplit) === 0) return { train, validation: [] };
  return { train, validation: await load(validationSplit, { limit: validationPairs }) };
}

/** The prompts of the split train that a run learns from; null means all. */
export async function promptsToLearn(
  { share, seed }: Pick<TrainSettings, "share" | "seed">,
  source: ExampleSource,
): Promise<Set<string> | null> {
  return share < 1 ? sharePrompts(await promptsOf(source), share, seed) : null;
}

async function promptsOf(source: ExampleSource): Promise<Set<string>> {
  const prompts = new Set<string>();
  for await (const caption of source.captions("train")) prompts.add(caption);
  return prompts;
}
