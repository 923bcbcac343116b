import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { clipProcessor, listTensors, parameterShapes, parseClipConfig, readTensors } from "@pickapic/clip";
import { expect, test } from "vitest";
import { fillArena } from "../src/arena.ts";
import { learningRateAt, resolveSettings, type Target } from "../src/index.ts";
import { pairFeed } from "../src/pairFeed.ts";
import { createPixelCache } from "../src/pixelCache.ts";
import { microBatches } from "../src/plan.ts";
import { createState, openStepper } from "../src/stepper.ts";
import type { TokenCache } from "../src/tokens.ts";

/** What fixtures/pickscore/make.py wrote: PyTorch's run of a tiny CLIP. */
interface GoldenRun {
  settings: Record<string, never>;
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

test("fifteen steps follow PyTorch: loss, gradient norm, rate, and every tensor's own update", async () => {
  const golden = readJson("run.json") as GoldenRun;
  const model = { config: parseClipConfig(readJson("config.json")), processor: clipProcessor(golden.side) };
  const settings = { spin: false, ...resolveSettings({ dataset: "-", out: "-", threads: 1, ...golden.settings }) };
  const [start, end] = [await readWeights("start.safetensors"), await readWeights("end.safetensors")];
  const shapes = parameterShapes(model.config);
  const state = createState(shapes);
  fillArena(state.parameters, start);
  const stepper = await openStepper(state, shapes, settings);
  for (const [t, step] of golden.steps.entries()) {
    const rate = learningRateAt(t, settings);
    const { loss, gradientNorm } = await stepper.step(feedsOf(step, model, golden.side, settings.microBatchPairs), rate);
    expect(rate).toBeCloseTo(step.learningRate, 12);
    expect(Math.abs(loss / step.loss - 1), `loss of step ${t}`).toBeLessThan(1e-4);
    expect(Math.abs(gradientNorm / step.gradientNorm - 1), `norm of step ${t}`).toBeLessThan(1e-3);
  }
  await stepper.close();
  for (const [name, parameter] of state.parameters.views) {
    // A key's bias moves all scores of a row alike, which softmax ignores: its gradient is 0 and its update rounding noise on both sides.
    if (name.endsWith("k_proj.bias")) continue;
    const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, i) => value - b[i]!));
    const update = distance(end.get(name)!, start.get(name)!);
    expect(distance(parameter, end.get(name)!) / update, name).toBeLessThan(0.02);
  }
});

function feedsOf({ texts, imageSeed, pairs }: GoldenStep, model: Parameters<typeof pairFeed>[0], side: number, size: number) {
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
  return microBatches(named, size).map((batch) => pairFeed(model, batch, goldenTokens(texts), pixels));
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
