import { copyFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpoint } from "@pickapic/clip";
import { beforeAll, expect, test } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { type Example, readMetrics, type TrainSettings, trainPickScore } from "../../src/index.ts";
import { writeColors } from "../colorDataset.ts";
import { colorExamples, examplesOf, SMALL_TRAINING, stopAfter, temporaryFolder, tinyClip } from "../tinyClip.ts";

shareSessions();

let train: Example[];
let validation: Example[];
beforeAll(async () => {
  train = await colorExamples(40);
  validation = await colorExamples(15, 9);
});

const small = { ...SMALL_TRAINING, validateEvery: 3 };

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
  expect((await readdir(join(folder, "run"))).filter((name) => name.startsWith("state-"))).toEqual([]);
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

test("a broken image is named, and nothing is trained", async () => {
  const folder = temporaryFolder();
  const broken = train.map((example, i) => (i === 5 ? { ...example, bytes1: new Uint8Array([1, 2, 3]) } : example));
  await expect(trainPickScore(await settingsIn(folder), { examples: examplesOf(broken) })).rejects.toMatchObject({
    code: "PICKAPIC_IMAGE_UNDECODABLE",
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
  await writeColors(train, dataset);
  await trainPickScore({ ...settings, dataset });
  expect(await readMetrics(join(settings.out!, "metrics.jsonl"))).toContainEqual(
    expect.objectContaining({ step: 1, validationAccuracy: expect.any(Number) }),
  );
  const run = (name: string, from: string) => trainPickScore({ ...settings, dataset: from, out: join(folder, name) });
  const shard = "data/train-00000-of-00001.parquet";
  copyFileSync(new URL(`../../../../fixtures/dataset/lacks-column/${shard}`, import.meta.url), join(dataset, shard));
  await expect(run("lacking", dataset)).rejects.toMatchObject({ code: "PICKAPIC_DATASET_COLUMN_MISSING" });
  await writeColors(train, join(folder, "bare"), { images: false });
  await expect(run("bare", join(folder, "bare"))).rejects.toMatchObject({ code: "PICKAPIC_DATASET_NO_IMAGES" });
  await expect(run("missing", join(folder, "nowhere"))).rejects.toMatchObject({ code: "PICKAPIC_DATASET_NOT_FOUND" });
});

test("additions of a higher rank than the smallest matrix has are refused, with what is allowed; its own rank is not", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder, { train: "lora:13" });
  await expect(trainPickScore(settings, { examples: examplesOf(train) })).rejects.toMatchObject({
    code: "PICKAPIC_TRAIN_SETTING_INVALID",
    message: expect.stringMatching(
      /"train" must be .*lora:R with R from 1 to 12.* of visual_projection\.weight \[12, 16\]; got "lora:13"/,
    ),
  });
  expect(await readdir(folder)).toEqual(["init"]);
  expect((await trainPickScore({ ...settings, train: "lora:12" }, { examples: examplesOf(train) })).steps).toBe(6);
});

test("a processor that lies elsewhere is used, recorded, and saved with the model", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder);
  const processor = join(folder, "processor");
  const beside = ["preprocessor_config.json", "vocab.json", "merges.txt"];
  mkdirSync(processor);
  for (const name of beside) renameSync(join(folder, "init", name), join(processor, name));
  await expect(trainPickScore(settings, { examples: examplesOf(train) })).rejects.toMatchObject({
    code: "PICKAPIC_CLIP_FILE_MISSING",
  });
  await expect(trainPickScore({ ...settings, processor }, { examples: examplesOf(train), ...stopAfter(2) })).rejects.toThrow(
    /Stopped/,
  );
  await trainPickScore({ ...settings, processor: `${processor}/` }, { examples: examplesOf(train), resume: true });
  const { settings: recorded } = JSON.parse(await readFile(join(settings.out!, "run.json"), "utf8"));
  expect(recorded.processor).toBe(`${processor}/`);
  const [made, own] = await Promise.all([
    openCheckpoint(settings.out!),
    openCheckpoint(join(folder, "init"), { processorFolder: processor }),
  ]);
  expect(made.processor).toEqual(own.processor);
  expect(made.tokenizer.files).toEqual(own.tokenizer.files);
});
