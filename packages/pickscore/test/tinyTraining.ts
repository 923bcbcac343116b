/** @file A tiny model opened for training, with pairs to train on, for tests below the level of a whole run. */
import { join } from "node:path";
import { type Checkpoint, openCheckpoint } from "@pickapic/clip";
import { createPixelCache, type PixelCache } from "../src/data/pixelCache.ts";
import { microBatches, type Pair } from "../src/data/plan.ts";
import { createTokenCache, type TokenCache } from "../src/data/tokens.ts";
import { modelOf } from "../src/model/model.ts";
import { pairFeed } from "../src/model/pairFeed.ts";
import { openTraining, type Training } from "../src/model/training.ts";
import { parseTrainedPart } from "../src/settings/trainedPart.ts";
import { openStepper, type StepperOptions } from "../src/steps/stepper.ts";
import { loadSplits } from "../src/train/splits.ts";
import { colorExamples, examplesOf, temporaryFolder, tinyClip } from "./tinyClip.ts";

export interface TinyData {
  folder: string;
  checkpoint: Checkpoint;
  pairs: readonly Pair[];
  tokens: TokenCache;
  pixels: PixelCache;
}

interface TinyOptions {
  /** Of each tower. */
  layers?: number;
  /** Another caption for pair i; the columns of a batch are then those that its own captions need. */
  captionOf?: (i: number) => string;
}

export async function tinyData({ layers, captionOf }: TinyOptions = {}): Promise<TinyData> {
  const folder = temporaryFolder();
  const checkpoint = await openCheckpoint(await tinyClip(join(folder, "init"), 1, layers));
  const model = modelOf(checkpoint);
  const pixels = createPixelCache(3 * 16 * 16, 2 ** 24, join(folder, "never used"));
  const settings = { pixels: "browser", share: 1, seed: 1, validationSplit: "validation_unique", validationPairs: 1 } as const;
  const { train } = await loadSplits(settings, examplesOf(await colorExamples(8)), model, pixels, {});
  const pairs = train.map((pair, i) => ({ ...pair, caption: captionOf?.(i) ?? pair.caption }));
  const captions = captionOf ? [] : pairs.map(({ caption }) => caption);
  return { folder, checkpoint, pairs, pixels, tokens: createTokenCache(model.tokenizer, model.config, captions) };
}

export const openTiny = (part: string, { checkpoint }: TinyData): Promise<Training> =>
  openTraining(parseTrainedPart(part)!, modelOf(checkpoint), checkpoint, 1);

const ADAMW = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.3, clipNorm: 0, threads: 1, spin: false };

interface TinyOptions extends StepperOptions {
  steps?: number;
  /** Pairs of a micro-batch. */
  size?: number;
  rate?: number;
  packed?: boolean;
}

/** Makes steps on all pairs. @returns the loss of each */
export async function trainTiny(
  training: Training,
  { pairs, tokens, pixels }: TinyData,
  { steps = 1, size = 8, rate = 1e-3, packed, ...options }: TinyOptions = {},
): Promise<number[]> {
  const { frozen, state, trained } = training;
  const stepper = await openStepper(state, trained, ADAMW, { ...(frozen.size > 0 && { frozen }), ...options });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const feeds = microBatches(pairs, size).map((batch) =>
      pairFeed(training, batch, tokens, pixels, { filling: options.lean ? "tight" : "few graphs", packed }),
    );
    losses.push((await stepper.step(feeds, rate)).loss);
  }
  await stepper.close();
  return losses;
}

/** Euclidean. */
export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.sqrt(Array.from(a).reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));
