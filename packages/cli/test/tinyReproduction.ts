/** @file A reproduction that takes seconds: every step, real training of a tiny CLIP, scorers that read the bytes of an image. */
import { createHash } from "node:crypto";
import { type Engines, FULL, type ReproduceSettings } from "@pickapic/experiments/reproduce";

/** A number of an image and a name that is always the same, 0...1. */
function numberOf(name: string, image: string | Uint8Array, index = 0): number {
  return createHash("sha256").update(`${name} ${index}`).update(image).digest().readUInt32LE() / 2 ** 32;
}

/** Opens nothing: scores and features are numbers of the bytes. `opened` counts the models that were asked for. */
export function tinyEngines(): Engines & { opened: string[] } {
  const opened: string[] = [];
  return {
    opened,
    async openScorers(names) {
      opened.push(...names);
      return names.map((name, i) => {
        const score = (image: string | Uint8Array) => 3 * numberOf(`scorer ${i}`, image);
        return {
          name,
          score: async (_prompt, images) => images.map(score),
          scoreEach: async (_prompt, images) => images.map((image) => ({ score: score(image) })),
          scorePairs: async (pairs) => pairs.map(({ image }) => ({ score: score(image) })),
          identify: async () => name,
          close: async () => {},
        };
      });
    },
    async openFeatures() {
      return {
        isUnit: false,
        read: async (images) => {
          const values = images.flatMap((image) => [0, 1].map((index) => numberOf("feature", image, index)));
          return { values: Float32Array.from(values), count: images.length, width: 2 };
        },
        close: async () => {},
      };
    },
  };
}

const CLIP = new URL("../../../fixtures/clip/quickgelu", import.meta.url).pathname;

/** Every step of the full reproduction, each as small as its statistics allow. */
export const tinySettings = (out: string): ReproduceSettings => ({
  ...FULL,
  ...{ seed: 3, out, threads: 1, init: CLIP },
  ...{ rankings: 120, answersPerPrompt: 1, heldOutPrompts: 80, heldOutShare: 0.5, pictureSize: 16, configurations: 9 },
  training: {
    ...{ train: "all", steps: 2, batchPairs: 4, microBatchPairs: 4, validateEvery: 1 },
    ...{ validationSplit: "validation", validationPairs: 4, learningRate: 1e-4, warmupSteps: 1 },
  },
  ...{ trainingSeeds: 2, shares: [0.5], expertsPerExample: 2 },
  best: { prompts: 10, n: 2, judges: 3 },
  ranking: { prompts: 10, n: 2, judges: 3 },
  promptSets: { prompts: 3, judges: 2, draws: 5 },
});
