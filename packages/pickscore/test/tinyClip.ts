/** @file A tiny random CLIP and tiny pictures for tests: no file of the repository is needed. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mulberry32 } from "@pickapic/chance";
import sharp from "sharp";
import { onTestFinished } from "vitest";
import type { Example, ExampleSource } from "../src/index.ts";

/** A folder that is gone when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pickscore-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export { tinyClip } from "../../../test/support/tinyClip.ts";

const COLORS = { red: [220, 30, 30], green: [30, 200, 40], blue: [30, 40, 220] } as const;
export type ColorName = keyof typeof COLORS;
const COLOR_NAMES = Object.keys(COLORS) as ColorName[];

/** A PNG of one colour with a little noise. */
export async function picture(color: ColorName, seed: number): Promise<Uint8Array> {
  const random = mulberry32(seed);
  const data = Uint8Array.from({ length: 20 * 20 * 3 }, (_, i) => COLORS[color][i % 3]! + Math.floor(random() * 30));
  return sharp(data, { raw: { width: 20, height: 20, channels: 3 } })
    .png()
    .toBuffer();
}

/** People who prefer the picture of the colour they asked for; every fifth pair is a tie. */
export async function colorExamples(count: number, seed = 1): Promise<Example[]> {
  const random = mulberry32(seed);
  const draw = () => COLOR_NAMES[Math.floor(random() * 3)]!;
  return Promise.all(
    Array.from({ length: count }, async (_, i): Promise<Example> => {
      const asked = draw();
      const other = COLOR_NAMES[(COLOR_NAMES.indexOf(asked) + 1 + Math.floor(random() * 2)) % 3]!;
      const [color0, color1] = i % 2 === 0 ? [asked, other] : [other, asked];
      const target = i % 5 === 4 ? ([0.5, 0.5] as const) : i % 2 === 0 ? ([1, 0] as const) : ([0, 1] as const);
      return {
        caption: `a ${asked} tree`,
        image0: `${seed}-${i}-0`,
        image1: `${seed}-${i}-1`,
        target,
        examplesPerPrompt: 1 + (i % 3),
        bytes0: await picture(color0, 1000 * seed + 2 * i),
        bytes1: await picture(color1, 1000 * seed + 2 * i + 1),
      };
    }),
  );
}

/** A source in memory. */
export function examplesOf(train: readonly Example[], validation: readonly Example[] = []): ExampleSource {
  const of = (split: string) => (split === "train" ? train : split === "validation_unique" ? validation : []);
  return {
    count: (split) => of(split).length,
    async *read(split) {
      yield* of(split);
    },
    async *captions(split) {
      for (const { caption } of of(split)) yield caption;
    },
  };
}

/** Aborts when the progress says that so many steps are done. */
export function stopAfter(steps: number) {
  const controller = new AbortController();
  const onProgress = ({ done, unit }: { done: number; unit: string }) => {
    if (unit === "steps" && done === steps) controller.abort();
  };
  return { signal: controller.signal, onProgress };
}

/** Makes the last weights of a checkpoint so large that embeddings overflow, though each weight is finite. */
export function poison(folder: string): void {
  const file = join(folder, "model.safetensors");
  const bytes = readFileSync(file);
  for (let i = 1; i <= 64; i++) bytes.writeFloatLE(3e38, bytes.length - 4 * i);
  writeFileSync(file, bytes);
}

/** The settings of a training of six steps of eight pairs, for which `tinyClip` takes seconds. */
export const SMALL_TRAINING = {
  train: "all",
  steps: 6,
  batchPairs: 8,
  microBatchPairs: 4,
  learningRate: 3e-3,
  warmupSteps: 2,
  threads: 1,
} as const;
