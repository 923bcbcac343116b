/** @file A batch of eight pairs for training steps, in the forms that our stepper and PyTorch read. */

import { mulberry32 } from "../../packages/chance/src/index.ts";
import { type Checkpoint, openCheckpoint } from "../../packages/clip/src/index.ts";
import { itemAt } from "../../packages/errors/src/index.ts";
import { fillArena } from "../../packages/pickscore/src/adamw/arena.ts";
import { createPixelCache, type PixelCache } from "../../packages/pickscore/src/data/pixelCache.ts";
import { type MicroBatch, microBatches, type Pair } from "../../packages/pickscore/src/data/plan.ts";
import { createTokenCache } from "../../packages/pickscore/src/data/tokens.ts";
import { modelOf } from "../../packages/pickscore/src/model/model.ts";
import { type FeedOptions, pairFeed } from "../../packages/pickscore/src/model/pairFeed.ts";
import { type Training, trainAll } from "../../packages/pickscore/src/model/training.ts";
import { createState } from "../../packages/pickscore/src/steps/state.ts";
import type { Feed } from "../../packages/pickscore/src/steps/stepper.ts";
import { sampleCaption } from "../../packages/toyworld/src/index.ts";

/** Pairs of a step. */
export const PAIRS = 8;
const SEED = 8;
/** How many toy-world captions each prompt joins. "usual" prompts have 10 to 50 tokens; "full" ones are cut at all 77. */
export const LENGTHS = { usual: [1, 2, 1, 1, 3, 1, 2, 1], full: Array<number>(PAIRS).fill(12) } as const;

/** The settings of AdamW in the paper's section 3 and its authors' code. */
export const ADAM_W = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.3, clipNorm: 1, spin: true };
export const LEARNING_RATE = 3e-6;

/** Draws pairs with left, right and tie as targets, and with different numbers of rankings per prompt. */
export function drawPairs(lengths: readonly number[]): Pair[] {
  const random = mulberry32(SEED);
  const targets = [[1, 0], [0, 1], [0.5, 0.5]] as const; // biome-ignore format: a table
  return lengths.map(
    (captions, i): Pair => ({
      caption: Array.from({ length: captions }, () => sampleCaption(random)).join(", "),
      image0: `${2 * i}`,
      image1: `${2 * i + 1}`,
      target: itemAt(targets, i % 3),
      examplesPerPrompt: 1 + (i % 4),
    }),
  );
}

/** A pixel cache with random noise as pictures. */
function drawPixels(side: number): PixelCache {
  const random = mulberry32(SEED);
  const bytes = 3 * side ** 2;
  const pixels = createPixelCache(bytes, 2 * PAIRS * bytes, "never written");
  for (let i = 0; i < 2 * PAIRS; i++)
    pixels.add(
      `${i}`,
      Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
    );
  return pixels;
}

/** A model, and everything that training steps on all its parameters need. */
export interface Trainee {
  readonly checkpoint: Checkpoint;
  readonly training: Training;
  readonly pixels: PixelCache;
  /** The micro-batches of a step. */
  batches(pairs: readonly Pair[], microBatchPairs: number): MicroBatch[];
  feed(batch: MicroBatch, options?: FeedOptions): Feed;
  /** The texts of a batch for PyTorch: token ids padded to the longest text, and the number of tokens of each text. */
  texts(batch: MicroBatch): { ids: number[][]; lengths: number[] };
  /** Sets the parameters to those on disk, and the moments and the step number to 0. */
  reset(): Promise<void>;
}

export async function openTrainee(folder: string): Promise<Trainee> {
  const checkpoint = await openCheckpoint(folder);
  const { tokenizer, config } = checkpoint;
  const training = await allOf(checkpoint);
  const pixels = drawPixels(config.vision.imageSize);
  const tokens = createTokenCache(tokenizer, config);
  const { state } = training;
  return {
    checkpoint,
    training,
    pixels,
    batches: microBatches,
    feed: (batch, options) => pairFeed(training, batch, tokens, pixels, options),
    texts({ texts }) {
      const { ids, eos, columns } = tokens.batch(texts, PAIRS);
      const rows = Array.from({ length: PAIRS }, (_, row) => ids.subarray(row * columns, (row + 1) * columns));
      return { ids: rows.map((row) => Array.from(row, Number)), lengths: Array.from(eos, (end) => Number(end) + 1) };
    },
    async reset() {
      fillArena(state.parameters, await checkpoint.readAll());
      for (const moments of [state.expAvg, state.expAvgSq]) moments.flat.fill(0);
      state.step = 0;
    },
  };
}

async function allOf(checkpoint: Checkpoint): Promise<Training> {
  const training = trainAll(modelOf(checkpoint), createState(new Map()));
  const state = createState(training.trained);
  fillArena(state.parameters, await checkpoint.readAll());
  return { ...training, state };
}
