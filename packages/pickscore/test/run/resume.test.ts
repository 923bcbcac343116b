import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { openCheckpoint, parseClipConfig } from "@pickapic/clip";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { fillDiskFor } from "../../../../test/support/fullDisk.ts";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { type Example, readMetrics, type TrainSettings, trainPickScore } from "../../src/index.ts";
import { planMemory } from "../../src/resources/memoryPlan.ts";
import { writeColors } from "../colorDataset.ts";
import { colorExamples, examplesOf, SMALL_TRAINING, stopAfter, temporaryFolder, tinyClip } from "../tinyClip.ts";
import type { Death, Order } from "../trainProcess.ts";

shareSessions();

let train: Example[];
beforeAll(async () => {
  train = await colorExamples(40);
});

async function settingsIn(folder: string, more: Partial<TrainSettings> = {}) {
  return { ...SMALL_TRAINING, init: await tinyClip(join(folder, "init")), out: join(folder, "run"), ...more };
}

const record = async (out: string) => JSON.parse(await readFile(join(out, "run.json"), "utf8")) as Record<string, unknown>;
const modelIn = (out: string) => readFileSync(join(out, "model.safetensors"));
const lossesIn = async (out: string) =>
  (await readMetrics(join(out, "metrics.jsonl"))).map((each) =>
    "loss" in each ? [each.step, each.loss, each.gradientNorm] : each,
  );

/** The most memory with which a tiny model must compute its activations again. */
function scarceMemory(init: string): string {
  const config = parseClipConfig(JSON.parse(readFileSync(join(init, "config.json"), "utf8")));
  for (let size = 490; size > 470; size -= 0.01) {
    const plan = planMemory({ kind: "all" }, config, { microBatchPairs: 4, pixelCacheMiB: 2048 }, size * 2 ** 20);
    if (plan.recompute) return `${size.toFixed(2)}MiB`;
  }
  throw new Error("no size makes the plan recompute");
}

describe.each([
  ["all", {}],
  ["all, computed again", { memory: "scarce" }],
  ["all, with layer decay", { layerDecay: 0.7 }],
  ["last:1", { train: "last:1", validationSplit: "validation_unique" as const }],
  ["head", { train: "head", validationSplit: "validation_unique" as const }],
  ["lora:2", { train: "lora:2" }],
])("%s", (_name, more: Partial<TrainSettings>) => {
  test("six steps are two, a save, a load and four more, to the bit", async () => {
    const folder = temporaryFolder();
    const whole = await settingsIn(folder, { ...more, out: join(folder, "whole") });
    if (more.memory) whole.memory = scarceMemory(await tinyClip(whole.init, 1, 6));
    const parts = { ...whole, out: join(folder, "parts") };
    await trainPickScore(whole, { examples: examplesOf(train) });
    const stopped = trainPickScore(parts, { examples: examplesOf(train), ...stopAfter(2) });
    await expect(stopped).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
    expect(await record(parts.out)).toMatchObject({ step: 2, state: "state-000002", plan: { recompute: "memory" in more } });
    const result = await trainPickScore(parts, { examples: examplesOf(train), resume: true });
    expect(result.steps).toBe(6);
    expect(modelIn(parts.out).equals(modelIn(whole.out))).toBe(true);
    expect(await lossesIn(parts.out)).toEqual(await lossesIn(whole.out));
    const left = (await readdir(parts.out)).filter((name) => /^(state-|frozen-|.*\.part$)/.test(name));
    expect(left).toEqual([]);
  });
});

test("killed without warning, again and again, a run goes on from its last saved state to the same bits; that state is a model", async () => {
  const folder = temporaryFolder();
  const dataset = join(folder, "dataset");
  await writeColors(train, dataset);
  const whole = { ...(await settingsIn(folder, { steps: 10, saveEvery: 2, out: join(folder, "whole") })), dataset };
  const killed = { ...whole, out: join(folder, "killed") };
  await trainPickScore(whole);
  const deaths: [death: Death, savedStep: number][] = [
    [{ step: 3 }, 2],
    [{ step: 5, writing: "optimizer.safetensors" }, 4],
    [{ step: 7, writing: "model.safetensors" }, 6],
  ];
  for (const [i, [death, savedStep]] of deaths.entries()) {
    await dies({ settings: killed, resume: i > 0, death });
    const { step, state, finished } = await record(killed.out);
    expect({ step, finished }).toEqual({ step: savedStep, finished: false });
    expect((await openCheckpoint(join(killed.out, String(state)))).tensors.size).toBeGreaterThan(50);
  }
  await writeFile(join(killed.out, "model.safetensors.77.part"), "half of a checkpoint, as a killed process leaves it");
  await trainPickScore(killed, { resume: true });
  expect(modelIn(killed.out).equals(modelIn(whole.out))).toBe(true);
  expect(await lossesIn(killed.out)).toEqual(await lossesIn(whole.out));
  expect((await readdir(killed.out)).filter((name) => /\.part$|^state-/.test(name))).toEqual([]);
});

/** Trains in a process of its own, which dies. */
async function dies(order: Order): Promise<void> {
  const child = fork(new URL("../trainProcess.ts", import.meta.url));
  child.send(order);
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
}

describe("a disk that is full", () => {
  let makeRoom = () => {};
  afterEach(() => makeRoom());
  /** Lets the disk be full when the state after `step` is written. */
  const fullAt = (step: number) => (progress: { unit: string; done: number }) => {
    if (progress.unit !== "steps" || progress.done !== step - 1) return;
    makeRoom = fillDiskFor("optimizer.safetensors");
  };

  test("while a state is written leaves the state before it, from which the run goes on", async () => {
    const folder = temporaryFolder();
    const settings = await settingsIn(folder, { saveEvery: 2 });
    const examples = examplesOf(train);
    await expect(trainPickScore(settings, { examples, onProgress: fullAt(4) })).rejects.toMatchObject({
      code: "PICKAPIC_RUN_NOT_SAVED",
      message: expect.stringMatching(/the state after step 4 could not be written \(the disk is full\).*--resume/),
    });
    expect(await record(settings.out)).toMatchObject({ step: 2, state: "state-000002" });
    expect((await readdir(settings.out)).filter((name) => name.startsWith("state-"))).toEqual(["state-000002"]);
    makeRoom();
    const whole = { ...settings, out: join(folder, "whole") };
    await trainPickScore(settings, { examples, resume: true });
    await trainPickScore(whole, { examples });
    expect(modelIn(settings.out).equals(modelIn(whole.out))).toBe(true);
  });

  test("before anything is saved is told with how to begin anew, and then the run does", async () => {
    const folder = temporaryFolder();
    const settings = await settingsIn(folder, { saveEvery: 2 });
    const examples = examplesOf(train);
    await expect(trainPickScore(settings, { examples, onProgress: fullAt(2) })).rejects.toMatchObject({
      code: "PICKAPIC_RUN_NOT_SAVED",
      message: expect.stringMatching(
        /step 2 could not be written \(the disk is full\): make room there and start the run again\.$/,
      ),
    });
    makeRoom();
    expect((await trainPickScore(settings, { examples })).steps).toBe(6);
  });

  test("while a better model is written leaves the one before it", async () => {
    const folder = temporaryFolder();
    const settings = await settingsIn(folder, { steps: 40, validateEvery: 20, learningRate: 5e-3 });
    const examples = examplesOf(train, await colorExamples(15, 9));
    let before = Buffer.alloc(0);
    const onProgress = ({ unit, done }: { unit: string; done: number }) => {
      if (unit !== "steps" || done !== 1) return;
      before = modelIn(settings.out);
      makeRoom = fillDiskFor("model.safetensors");
    };
    await expect(trainPickScore(settings, { examples, onProgress })).rejects.toMatchObject({
      code: "PICKAPIC_RUN_NOT_SAVED",
      message: expect.stringContaining("the model could not be written (the disk is full)"),
    });
    expect(before.length).toBeGreaterThan(10_000);
    expect(modelIn(settings.out).equals(before)).toBe(true);
  });
});

test("a folder with a model that no run has made is left as it is, and so is what others have begun to write somewhere", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder);
  const model = modelIn(settings.init);
  await writeFile(join(settings.init, "film.mkv.part"), "somebody else's download");
  await expect(trainPickScore({ ...settings, out: settings.init }, { examples: examplesOf(train) })).rejects.toMatchObject({
    code: "PICKAPIC_RUN_FOLDER_TAKEN",
    message: expect.stringMatching(
      /init: expected a new folder for the run; it holds a model that no run has made \(config\.json\)/,
    ),
  });
  expect(modelIn(settings.init).equals(model)).toBe(true);
  expect(await readdir(settings.init)).toContain("film.mkv.part");
  mkdirSync(settings.out);
  await writeFile(join(settings.out, "film.mkv.part"), "somebody else's download");
  await trainPickScore(settings, { examples: examplesOf(train) });
  expect(await readdir(settings.out)).toContain("film.mkv.part");
});

test("a run does not go on with another dataset or from another model under the same name", async () => {
  const folder = temporaryFolder();
  const dataset = join(folder, "dataset");
  await writeColors(train, dataset);
  const settings = { ...(await settingsIn(folder)), dataset };
  await expect(trainPickScore(settings, stopAfter(2))).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
  expect(await record(settings.out)).toMatchObject({
    dataset: { SHA256SUMS: expect.stringMatching(/^[0-9a-f]{64}$/) },
    init: { "model.safetensors": expect.stringMatching(/^[0-9a-f]{64}$/) },
    versions: { node: process.version, "onnxruntime-node": expect.any(String), pickapic: expect.any(String) },
  });
  const init = join(folder, "init");
  await tinyClip(init, 2);
  await expect(trainPickScore(settings, { resume: true })).rejects.toMatchObject({
    code: "PICKAPIC_RUN_DIFFERS",
    message: expect.stringContaining("with another model (model.safetensors has changed)"),
  });
  await tinyClip(init, 1);
  await rm(dataset, { recursive: true });
  await writeColors(train.slice(1), dataset);
  await expect(trainPickScore(settings, { resume: true })).rejects.toMatchObject({
    code: "PICKAPIC_RUN_DIFFERS",
    message: expect.stringContaining("with other data (SHA256SUMS has changed)"),
  });
});

test("all differences are in one error, files among them; what is not given now, or is left to the rule, is the run's own", async () => {
  const folder = temporaryFolder();
  const dataset = join(folder, "dataset");
  await writeColors(train, dataset);
  const settings = { ...(await settingsIn(folder)), dataset };
  await expect(trainPickScore(settings, stopAfter(2))).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
  await tinyClip(join(folder, "init"), 2);
  const given = { out: settings.out, learningRate: 1e-3, steps: 9, train: "head", saveEvery: 3 };
  await expect(trainPickScore(given, { resume: true })).rejects.toMatchObject({
    code: "PICKAPIC_RUN_DIFFERS",
    message: [
      `${settings.out}: the run was started with`,
      "  - another learningRate (0.003 then, 0.001 now)",
      "  - another steps (6 then, 9 now)",
      '  - another train ("all" then, "head" now)',
      "  - another model (model.safetensors has changed)",
      `Resume it as it was begun (--resume ${settings.out} needs no other option), or start a new run in another folder.`,
    ].join("\n"),
  });
  await tinyClip(join(folder, "init"), 1);
  const { steps } = await trainPickScore({ out: settings.out, train: "auto", steps: "auto" }, { resume: true });
  expect(steps).toBe(6);
});

describe("the same dataset under another name", () => {
  /** A run that was stopped, and a copy of its dataset. */
  async function stopped() {
    const folder = temporaryFolder();
    const dataset = join(folder, "dataset");
    await writeColors(train, dataset);
    const settings = { ...(await settingsIn(folder)), dataset };
    await expect(trainPickScore(settings, stopAfter(2))).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
    symlinkSync(dataset, join(folder, "link"));
    return { folder, settings };
  }

  test("is accepted, however it is spelled, and so is the same model", async () => {
    const { folder, settings } = await stopped();
    const names = [`${settings.dataset}/`, relative(process.cwd(), settings.dataset), join(folder, "link"), join(folder, "away")];
    for (const [i, dataset] of names.entries()) {
      if (dataset.endsWith("away")) await rename(settings.dataset, dataset);
      const again = trainPickScore({ ...settings, dataset, init: `${settings.init}/` }, { ...stopAfter(3 + i), resume: true });
      await (i === 3 ? again : expect(again, dataset).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" }));
    }
    expect(await record(settings.out)).toMatchObject({ finished: true, settings: { dataset: join(folder, "away") } });
  });

  test("is not another one, not even for a run that is done", async () => {
    const { folder, settings } = await stopped();
    const other = join(folder, "other");
    await writeColors(train.slice(1), other);
    const refused = {
      code: "PICKAPIC_RUN_DIFFERS",
      message: expect.stringMatching(/another dataset \(".*dataset" then, ".*other" now\)/),
    };
    await expect(trainPickScore({ ...settings, dataset: other }, { resume: true })).rejects.toMatchObject(refused);
    await trainPickScore(settings, { resume: true });
    await expect(trainPickScore({ ...settings, dataset: other }, { resume: true })).rejects.toMatchObject(refused);
    await expect(trainPickScore({ ...settings, dataset: "nowhere" }, { resume: true })).rejects.toMatchObject({
      code: "PICKAPIC_RUN_DIFFERS",
    });
    expect(await trainPickScore({ ...settings, dataset: join(folder, "link") }, { resume: true })).toMatchObject({ steps: 6 });
  });
});
