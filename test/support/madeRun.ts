/** @file Run folders for tests: a real dataset, and the files of a training that never was. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Dataset, openDataset, type Split, writeDataset } from "@pickapic/dataset";
import type { ValidationPair, ValidationRecord } from "@pickapic/pickscore";
import { SETTINGS } from "@pickapic/pickscore/settings";
import { inject } from "vitest";
import { collect } from "../../packages/experiments/src/collect.ts";
import type { Judge } from "../../packages/experiments/src/measure/pairs.ts";
import { once } from "./once.ts";

export const calm = { signal: new AbortController().signal, onProgress() {} };

/** Simulated people and pictures of 24 px: one example of each of 20 prompts in validation_unique and in test_unique. Made once in a run of the tests. */
export async function makeDataset(folder: string): Promise<Dataset> {
  const made = join(inject("runFolder"), "dataset");
  await once("making a dataset", async () => {
    const { source } = await collect({ seed: 4, rankings: 300, answersPerPrompt: 2, promptsPerPerson: 1, size: 24 }, calm);
    await writeDataset(source, made, { images: true, seed: 1, name: "test", heldOutPrompts: 80, heldOutShare: 0.5 });
  });
  await cp(made, folder, { recursive: true });
  return openDataset(folder);
}

/** The pairs of a split with probabilities for image 0 that are the same every time. */
export async function pairsOf(dataset: Dataset, split: Split): Promise<ValidationPair[]> {
  const pairs: ValidationPair[] = [];
  for await (const row of dataset.read(split)) {
    const i = pairs.length;
    const target: ValidationPair["target"] = [row.label_0, row.label_1];
    const facts = { rankingId: `${row.ranking_id}`, caption: row.caption, image0: row.image_0_uid, image1: row.image_1_uid };
    pairs.push({ ...facts, target, before: ((i * 7) % 20) / 20 + 0.01, after: row.label_0 > 0.5 === i % 5 > 0 ? 0.8 : 0.25 });
  }
  return pairs;
}

export interface MadeRun {
  folder: string;
  dataset: Dataset;
  settings?: object;
  record?: object;
}

/** Of what may be "auto": a run has made every choice. */
const CHOSEN = {
  ...{ train: "all", steps: 40, batchPairs: 8, learningRate: 3e-5, warmupSteps: 4, validateEvery: 20 },
  validationSplit: "validation_unique",
};

/** Writes run.json, metrics.jsonl and validation.json. */
export async function makeRun({ folder, dataset, settings = {}, record = {} }: MadeRun): Promise<string> {
  await mkdir(folder, { recursive: true });
  const defaults = Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, setting.default]));
  const own = { ...defaults, dataset: dataset.folder, out: folder, ...CHOSEN, ...settings };
  const versions = { node: "v24.0.0", "onnxruntime-node": "1.30.0" };
  const rest = {
    versions,
    dataset: { SHA256SUMS: "ab".repeat(32) },
    place: { device: "cpu", precision: "float32" },
    step: 40,
    best: { step: 20, accuracy: 0.75 },
    finished: true,
  };
  await writeFile(join(folder, "run.json"), JSON.stringify({ format: 1, kind: "pickscore", settings: own, ...rest, ...record }));
  const steps = Array.from({ length: 40 }, (_, i) => ({
    step: i + 1,
    loss: 0.7 - i / 100,
    learningRate: 1e-5 * i,
    gradientNorm: 1,
    seconds: 0.5,
  }));
  const lines = [
    { step: 0, validationAccuracy: 0.5, validationPairs: 18 },
    ...steps,
    { step: 40, validationAccuracy: 0.75, validationPairs: 18 },
  ];
  await writeFile(join(folder, "metrics.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const split = "validation_unique";
  const validation: ValidationRecord = { format: 1, split, step: 20, pairs: await pairsOf(dataset, split) };
  await writeFile(join(folder, "validation.json"), JSON.stringify(validation));
  return folder;
}

/** Judges by the number of bytes, in one direction before training and in the other after it; counts which models were opened. */
export function byteJudges(init = "clip-toy") {
  const opened: string[] = [];
  const openJudge = async (model: string): Promise<Judge & { close(): Promise<void> }> => {
    opened.push(basename(model));
    const sign = model === init ? -1 : 1;
    return {
      name: model,
      scorePairs: async (pairs) => pairs.map(({ image }) => ({ score: (sign * image.length) / 100 })),
      close: async () => {},
    };
  };
  return { opened, openJudge };
}
