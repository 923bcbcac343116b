/** @file PyTorch's run of a tiny CLIP (fixtures/pickscore/make.py) as a training of ours: its start, its batches, its end. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  clipProcessor,
  learnTokenizer,
  listTensors,
  openTokenizer,
  parameterShapes,
  parseClipConfig,
  readTensors,
} from "@pickapic/clip";
import { fillArena } from "../src/adamw/arena.ts";
import { createPixelCache } from "../src/data/pixelCache.ts";
import { microBatches } from "../src/data/plan.ts";
import { packTokens, type TokenCache } from "../src/data/tokens.ts";
import type { Target, TrainSettings } from "../src/index.ts";
import { pairFeed } from "../src/model/pairFeed.ts";
import { type Training, trainAll } from "../src/model/training.ts";
import { chooseRecipe } from "../src/settings/recipe.ts";
import { resolveSettings } from "../src/settings/settings.ts";
import { createState } from "../src/steps/state.ts";
import type { Stepper, StepResult } from "../src/steps/stepper.ts";
import { learningRateAt } from "../src/train/schedule.ts";

/** What fixtures/pickscore/make.py wrote: PyTorch's run of a tiny CLIP. */
interface GoldenRun {
  settings: Pick<TrainSettings, "clipNorm" | "microBatchPairs">;
  side: number;
  steps: GoldenStep[];
}
export interface GoldenStep {
  texts: number[][];
  imageSeed: number;
  pairs: { text: number; first: number; second: number; target: Target; examplesPerPrompt: number }[];
  loss: number;
  gradientNorm: number;
  learningRate: number;
}

const fixture = (name: string) => fileURLToPath(new URL(`../../../fixtures/pickscore/${name}`, import.meta.url));
const readJson = (name: string) => JSON.parse(readFileSync(fixture(name), "utf8")) as unknown;
const readWeights = async (name: string) => readTensors(await listTensors(fixture(name)));

export const golden = () => readJson("run.json") as GoldenRun;
export const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));

export async function openGolden() {
  const run = golden();
  const config = parseClipConfig(readJson("config.json"));
  const tokenizer = openTokenizer(learnTokenizer(["a"], 514, 8), 8); // Not used: the fixture has token ids.
  const model = { config, processor: clipProcessor(run.side), tokenizer, tokenizerFiles: tokenizer.files };
  const training = trainAll(model, createState(parameterShapes(config)));
  const [start, end] = [await readWeights("start.safetensors"), await readWeights("end.safetensors")];
  fillArena(training.state.parameters, start);
  const asked = resolveSettings({ dataset: "-", out: "-", threads: 1, train: "all", ...run.settings });
  const facts = { pairs: 1, winners: 1, prompts: 1, validationPairs: 0, parameters: 1e6, imageWidth: 16, device: "cpu" } as const;
  const settings = { spin: false, ...chooseRecipe(asked, facts).settings };
  return { ...run, settings, training, start, end };
}

export type Golden = Awaited<ReturnType<typeof openGolden>>;

/** Makes the steps `from` ... `to` - 1. */
export async function goldenSteps({ steps, training, side, settings }: Golden, stepper: Stepper, from = 0, to = steps.length) {
  const results: StepResult[] = [];
  for (let t = from; t < to; t++) {
    const feeds = feedsOf(steps[t]!, training, side, settings.microBatchPairs);
    results.push(await stepper.step(feeds, learningRateAt(t, settings)));
  }
  return results;
}

/** @param packed whether texts go without padding: not on a device */
export function feedsOf({ texts, imageSeed, pairs }: GoldenStep, training: Training, side: number, size: number, packed = false) {
  const bytes = 3 * side * side;
  const pixels = createPixelCache(bytes, 2 ** 20, "never used");
  const all = goldenBytes(imageSeed, 6 * bytes);
  for (let i = 0; i < 6; i++) pixels.add(String(i), all.subarray(i * bytes, (i + 1) * bytes));
  const named = pairs.map((pair) => ({
    ...pair,
    caption: String(pair.text),
    image0: String(pair.first),
    image1: String(pair.second),
  }));
  return microBatches(named, size).map((batch) => pairFeed(training, batch, goldenTokens(texts), pixels, { packed }));
}

/** The generator of make.py: x <- 16807 x mod (2^31 - 1), byte = x mod 256. */
function goldenBytes(seed: number, count: number): Uint8Array {
  let x = seed + 1;
  return Uint8Array.from({ length: count }, () => {
    x = (16807 * x) % (2 ** 31 - 1);
    return x % 256;
  });
}

/** Tokens by the number of the text; 31 ends a text. */
function goldenTokens(texts: readonly number[][]): TokenCache {
  const columns = texts[0]!.length;
  const tokensOf = (name: string) => ({
    ids: BigInt64Array.from(texts[Number(name)]!, BigInt),
    eos: BigInt(texts[Number(name)]!.indexOf(31)),
  });
  return {
    batch(names, rows) {
      const tokens = Array.from({ length: rows }, (_, row) => tokensOf(names[row] ?? names[0]!));
      return {
        ids: BigInt64Array.from(tokens.flatMap(({ ids }) => [...ids])),
        eos: BigInt64Array.from(tokens, ({ eos }) => eos),
        columns,
      };
    },
    packed: (names, rows) => packTokens(names.map(tokensOf), rows, columns),
  };
}
