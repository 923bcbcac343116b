import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpoint } from "@pickapic/clip";
import { labelColumns, memorySource, type RankingRecord, writeDataset } from "@pickapic/dataset";
import { beforeAll, expect, test } from "vitest";
import { type Example, readMetrics, type StepMetrics, type TrainSettings, trainPickScore } from "../src/index.ts";
import { colorExamples, examplesOf, temporaryFolder, tinyClip } from "./tinyClip.ts";

let train: Example[];
let validation: Example[];
beforeAll(async () => {
  train = await colorExamples(40);
  validation = await colorExamples(15, 9);
});

const small = {
  steps: 6,
  batchPairs: 8,
  microBatchPairs: 4,
  learningRate: 3e-3,
  warmupSteps: 2,
  validateEvery: 3,
  threads: 1,
} as const;

async function settingsIn(folder: string, more: Partial<TrainSettings> = {}): Promise<Partial<TrainSettings>> {
  return { ...small, init: await tinyClip(join(folder, "init")), out: join(folder, "run"), ...more };
}

const weights = async (folder: string) => (await openCheckpoint(folder)).readAll();

test("people who prefer the colour they asked for are understood after some steps", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder, { steps: 40, validateEvery: 20, learningRate: 5e-3 });
  const { best } = await trainPickScore(settings, { examples: examplesOf(train, validation) });
  expect(best!.accuracy).toBeGreaterThan(0.9);
  const metrics = await readMetrics(join(folder, "run", "metrics.jsonl"));
  expect(metrics.filter((each) => "loss" in each)).toHaveLength(40);
  expect(metrics.filter((each) => "validationAccuracy" in each).map(({ step }) => step)).toEqual([0, 20, 40]);
  expect(readFileSync(join(folder, "run", "loss.svg"), "utf8")).toMatch(/^<svg .*optimizer step.*validation accuracy/s);
  expect((await readdir(join(folder, "run"))).filter((name) => name.startsWith("state-"))).toEqual([]);
});

test("four micro-batches of two pairs are one batch of eight within 1e-6", async () => {
  const folder = temporaryFolder();
  const results: { loss: number; gradientNorm: number }[] = [];
  for (const microBatchPairs of [2, 8]) {
    const settings = await settingsIn(folder, {
      microBatchPairs,
      out: join(folder, `of-${microBatchPairs}`),
      steps: 1,
      warmup: "none",
    });
    await trainPickScore(settings, { examples: examplesOf(train) });
    results.push((await readMetrics(join(settings.out!, "metrics.jsonl")))[0] as StepMetrics);
  }
  const [cut, whole] = results;
  expect(Math.abs(cut!.loss - whole!.loss)).toBeLessThan(1e-6);
  expect(Math.abs(cut!.gradientNorm / whole!.gradientNorm - 1)).toBeLessThan(1e-6);
});

test("six steps are three, a save, a load and three more, to the bit", async () => {
  const folder = temporaryFolder();
  const whole = await settingsIn(folder, { out: join(folder, "whole") });
  const parts = { ...whole, out: join(folder, "parts") };
  await trainPickScore(whole, { examples: examplesOf(train) });
  await expect(trainPickScore(parts, { examples: examplesOf(train), ...stopAfter(3) })).rejects.toMatchObject({
    code: "PICKAPIC_TRAIN_STOPPED",
    message: expect.stringContaining("after step 3 of 6"),
  });
  const record = JSON.parse(await readFile(join(parts.out, "run.json"), "utf8")) as Record<string, unknown>;
  expect(record).toMatchObject({
    step: 3,
    position: { epoch: 0, example: 24, seed: 42 },
    finished: false,
    state: "state-000003",
  });
  await trainPickScore(parts, { examples: examplesOf(train), resume: true });
  const saved = (out: string) => readFileSync(join(out, "model.safetensors"));
  expect(saved(parts.out).equals(saved(whole.out!))).toBe(true);
  const losses = async (out: string) =>
    (await readMetrics(join(out, "metrics.jsonl"))).map((each) => ("loss" in each ? each.loss : each));
  expect(await losses(parts.out)).toEqual(await losses(whole.out!));
});

/** Aborts when the progress says that so many steps are done. */
function stopAfter(steps: number) {
  const controller = new AbortController();
  const onProgress = ({ done, unit }: { done: number; unit: string }) => {
    if (unit === "steps" && done === steps) controller.abort();
  };
  return { signal: controller.signal, onProgress };
}

test("the best checkpoint of the run is the one that stays, even when training only does harm", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder, { steps: 20, validateEvery: 20, learningRate: 5e-3 });
  const { folder: good } = await trainPickScore(settings, { examples: examplesOf(train, validation) });
  const harmful = train.map((example) => ({ ...example, target: [example.target[1], example.target[0]] as const }));
  const worse = { ...settings, init: good, out: join(folder, "worse") };
  const { best } = await trainPickScore(worse, { examples: examplesOf(harmful, validation) });
  expect(best!.step).toBe(0);
  expect(await weights(worse.out)).toEqual(await weights(good));
});

test("a loss that is not finite stops training, says so, and leaves the last checkpoint", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder, {
    learningRate: 1,
    warmup: "none",
    clipNorm: 0,
    weightDecay: 1,
    epsilon: 1e-12,
    steps: 400,
  });
  await poison(settings.init!);
  await expect(trainPickScore(settings, { examples: examplesOf(train) })).rejects.toMatchObject({
    code: "PICKAPIC_TRAIN_DIVERGED",
    message: expect.stringMatching(/step 1: expected a finite loss, got loss NaN/),
  });
});

/** Makes the last weights of a checkpoint so large that embeddings overflow, though each weight is finite. */
async function poison(folder: string): Promise<void> {
  const file = join(folder, "model.safetensors");
  const bytes = readFileSync(file);
  for (let i = 1; i <= 64; i++) bytes.writeFloatLE(3e38, bytes.length - 4 * i);
  writeFileSync(file, bytes);
}

test("a broken image is named, and nothing is trained", async () => {
  const folder = temporaryFolder();
  const broken = train.map((example, i) => (i === 5 ? { ...example, bytes1: new Uint8Array([1, 2, 3]) } : example));
  await expect(trainPickScore(await settingsIn(folder), { examples: examplesOf(broken) })).rejects.toMatchObject({
    code: "PICKAPIC_IMAGE_UNREADABLE",
    message: expect.stringContaining("Image 1-5-1 of the dataset cannot be decoded"),
  });
});

test("a run folder is not overwritten, not resumed when empty, and not resumed with other settings", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder, { steps: 2 });
  const run = (more: Partial<TrainSettings>, resume: boolean) =>
    trainPickScore({ ...settings, ...more }, { examples: examplesOf(train), resume });
  await expect(run({}, true)).rejects.toMatchObject({ code: "PICKAPIC_RUN_MISSING" });
  await run({}, false);
  await expect(run({}, false)).rejects.toMatchObject({ code: "PICKAPIC_RUN_EXISTS" });
  await expect(run({ learningRate: 1e-5 }, true)).rejects.toThrow(/another learningRate \(0.003 then, 0.00001 now\)/);
  writeFileSync(join(settings.out!, "run.json"), "{");
  await expect(run({}, true)).rejects.toMatchObject({ code: "PICKAPIC_RUN_BROKEN" });
});

test("a run whose saved state was cut short cannot be resumed, and says why", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder);
  await expect(trainPickScore(settings, { examples: examplesOf(train), ...stopAfter(2) })).rejects.toThrow(/after step 2/);
  const file = join(settings.out!, "state-000002", "optimizer.safetensors");
  writeFileSync(file, readFileSync(file).subarray(0, 500));
  await expect(trainPickScore(settings, { examples: examplesOf(train), resume: true })).rejects.toMatchObject({
    code: "PICKAPIC_RUN_BROKEN",
  });
});

test("an empty split and an unknown start are each one clear sentence", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder);
  await expect(trainPickScore(settings, { examples: examplesOf([]) })).rejects.toMatchObject({
    code: "PICKAPIC_TRAIN_NO_EXAMPLES",
  });
  await expect(trainPickScore({ ...settings, init: "clip-huge" }, { examples: examplesOf(train) })).rejects.toThrow(
    /There is no model "clip-huge".*Otherwise give a folder/,
  );
});

test("a dataset folder is read as it is published; one that lacks a column or is missing says so", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder, { steps: 1, validationSplit: "validation" });
  const dataset = join(folder, "dataset");
  await writeDataset(sourceOf(train), dataset, { images: true, seed: 1, name: "colours" });
  await trainPickScore({ ...settings, dataset });
  expect(await readMetrics(join(settings.out!, "metrics.jsonl"))).toContainEqual(
    expect.objectContaining({ step: 1, validationAccuracy: expect.any(Number) }),
  );
  const run = (name: string, from: string) => trainPickScore({ ...settings, dataset: from, out: join(folder, name) });
  const shard = "data/train-00000-of-00001.parquet";
  copyFileSync(new URL(`../../../fixtures/dataset/lacks-column/${shard}`, import.meta.url), join(dataset, shard));
  await expect(run("lacking", dataset)).rejects.toMatchObject({ code: "PICKAPIC_DATASET_COLUMN_MISSING" });
  await writeDataset(sourceOf(train), join(folder, "bare"), { images: false, seed: 1, name: "no images" });
  await expect(run("bare", join(folder, "bare"))).rejects.toMatchObject({ code: "PICKAPIC_DATASET_NO_IMAGES" });
  await expect(run("missing", join(folder, "nowhere"))).rejects.toMatchObject({ code: "PICKAPIC_DATASET_NOT_FOUND" });
});

/** The same examples as rankings of as many people. */
function sourceOf(examples: readonly Example[]) {
  const bytes = new Map(examples.flatMap(({ image0, bytes0, image1, bytes1 }) => [[image0, bytes0], [image1, bytes1]] as const)); // biome-ignore format: pairs
  const records = examples.map(({ caption, image0, image1, target }, i): RankingRecord => {
    const label = target[0] === target[1] ? "tie" : target[0] > target[1] ? 0 : 1;
    return {
      ...UNKNOWN,
      ...labelColumns(label, image0, image1),
      image_0_uid: image0,
      image_1_uid: image1,
      caption: `${caption} ${i % 20}`,
      created_at: BigInt(i),
      ranking_id: BigInt(i + 1),
      user_id: BigInt(i + 1),
    };
  });
  return memorySource(records, async (uid) => bytes.get(uid)!);
}

/** What a source that only knows the choices says. */
const UNKNOWN = {
  ...{ are_different: false, model_0: "m", model_1: "m", image_0_url: "", image_1_url: "", seed_0: null, seed_1: null },
  ...{
    guidance_scale_0: null,
    guidance_scale_1: null,
    negative_prompt_0: null,
    negative_prompt_1: null,
    steps_0: null,
    steps_1: null,
  },
  ...{
    scheduler_0: null,
    scheduler_1: null,
    slot_0: null,
    kept_image: null,
    answer_ms: null,
    consent_version: null,
    simulated: null,
  },
};
