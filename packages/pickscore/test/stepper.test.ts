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
import { describe, expect, test } from "vitest";
import { fillArena } from "../src/arena.ts";
import { learningRateAt, resolveSettings, type Target, type TrainSettings } from "../src/index.ts";
import { pairFeed } from "../src/pairFeed.ts";
import { createPixelCache } from "../src/pixelCache.ts";
import { microBatches } from "../src/plan.ts";
import { createState, openStepper } from "../src/stepper.ts";
import type { TokenCache } from "../src/tokens.ts";
import { type Training, trainAll } from "../src/training.ts";

/** What fixtures/pickscore/make.py wrote: PyTorch's run of a tiny CLIP. */
interface GoldenRun {
  settings: Pick<TrainSettings, "clipNorm" | "microBatchPairs">;
  side: number;
  steps: GoldenStep[];
}
interface GoldenStep {
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

/** Everything of the paper's training that the fixture must have at once; otherwise following it would prove less than is said. */
test("the twenty steps of the fixture have ties, prompt weights, four micro-batches, warm-up, decay, clipped and unclipped steps", () => {
  const { settings, steps } = golden();
  const pairs = steps.flatMap((step) => step.pairs);
  expect(steps).toHaveLength(20);
  expect(settings).toMatchObject({ weightDecay: 0.3, warmup: "logarithmic", decay: "linear", batchPairs: 8, microBatchPairs: 2 });
  expect(pairs.filter(({ target }) => target[0] === 0.5).length).toBeGreaterThan(20);
  expect(new Set(pairs.map(({ examplesPerPrompt }) => examplesPerPrompt)).size).toBeGreaterThan(3);
  const clipped = steps.filter(({ gradientNorm }) => gradientNorm > settings.clipNorm);
  expect(clipped.length).toBeGreaterThan(8);
  expect(clipped.length).toBeLessThan(18);
});

describe.each([
  ["in the usual way", {}],
  ["lean", { lean: true }],
  ["with activations computed again", { lean: true, recompute: true }],
] as const)("%s", (_way, { lean = false, recompute = false }: { lean?: boolean; recompute?: boolean }) => {
  test("twenty steps follow PyTorch: losses within 1e-4, and every tensor within 2 % of its own update", async () => {
    const { settings, steps, side, training, start, end } = await openGolden();
    const { state, trained, model } = training;
    const stepper = await openStepper(state, trained, settings, { lean, ...(recompute && { recompute: model }) });
    for (const [t, step] of steps.entries()) {
      const rate = learningRateAt(t, settings);
      const { loss, gradientNorm } = await stepper.step(feedsOf(step, training, side, settings.microBatchPairs), rate);
      expect(rate).toBeCloseTo(step.learningRate, 12);
      expect(Math.abs(loss / step.loss - 1), `loss of step ${t}`).toBeLessThan(1e-4);
      expect(Math.abs(gradientNorm / step.gradientNorm - 1), `norm of step ${t}`).toBeLessThan(1e-3);
    }
    await stepper.close();
    for (const [name, parameter] of state.parameters.views) {
      const update = distance(end.get(name)!, start.get(name)!);
      expect(update, name).toBeGreaterThan(1e-4);
      expect(distance(parameter, end.get(name)!) / update, name).toBeLessThan(0.02);
    }
  });
});

const golden = () => readJson("run.json") as GoldenRun;
const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));

async function openGolden() {
  const run = golden();
  const config = parseClipConfig(readJson("config.json"));
  const tokenizer = openTokenizer(learnTokenizer(["a"], 514, 8), 8); // Not used: the fixture has token ids.
  const model = { config, processor: clipProcessor(run.side), tokenizer, tokenizerFiles: tokenizer.files };
  const training = trainAll(model, createState(parameterShapes(config)));
  const [start, end] = [await readWeights("start.safetensors"), await readWeights("end.safetensors")];
  fillArena(training.state.parameters, start);
  const settings = { spin: false, ...resolveSettings({ dataset: "-", out: "-", threads: 1, ...run.settings }) };
  return { ...run, settings, training, start, end };
}

function feedsOf({ texts, imageSeed, pairs }: GoldenStep, training: Training, side: number, size: number) {
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
  return microBatches(named, size).map((batch) => pairFeed(training, batch, goldenTokens(texts), pixels));
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
  return {
    batch(names, rows) {
      const tokens = Array.from({ length: rows }, (_, row) => texts[Number(names[row] ?? names[0]!)]!);
      return {
        ids: BigInt64Array.from(tokens.flat(), BigInt),
        eos: BigInt64Array.from(tokens, (ids) => BigInt(ids.indexOf(31))),
        columns: texts[0]!.length,
      };
    },
  };
}
