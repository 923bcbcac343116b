/** @file Whole runs whose steps are made as on a device: here the processor rounds to float16. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { type Example, type Metrics, readMetrics, type TrainSettings, trainPickScore } from "../../src/index.ts";
import { chooseExecution } from "../../src/resources/execution.ts";
import { colorExamples, examplesOf, SMALL_TRAINING, stopAfter, temporaryFolder, tinyClip } from "../tinyClip.ts";

shareSessions();

let train: Example[];
let validation: Example[];
beforeAll(async () => {
  train = await colorExamples(40);
  validation = await colorExamples(15, 9);
});

const small = { ...SMALL_TRAINING, validationSplit: "validation_unique" } as const;
const float16 = { device: "cpu", precision: "float16" } as const;

async function settingsIn(folder: string, more: Partial<TrainSettings> = {}) {
  return { ...small, init: await tinyClip(join(folder, "init")), out: join(folder, "run"), ...more };
}

const record = async (out: string) => JSON.parse(await readFile(join(out, "run.json"), "utf8")) as Record<string, unknown>;
const stepsIn = async (out: string) =>
  (await readMetrics(join(out, "metrics.jsonl"))).flatMap((each: Metrics) => ("loss" in each ? [each] : []));

describe("the execution of a run", () => {
  const machine = (device: "cpu" | "webgpu") => ({
    choose: (wanted: string) =>
      Promise.resolve({ device: wanted === "auto" ? device : (wanted as "cpu"), says: `Device: ${device} (why).` }),
    fastest: (on: string) => Promise.resolve(on === "webgpu" ? ("float16" as const) : ("float32" as const)),
  });

  test.each([
    [{ device: "cpu", precision: "auto" }, { device: "cpu", precision: "float32" }, []],
    [
      { device: "auto", precision: "auto" },
      { device: "webgpu", precision: "float16" },
      ["Device: webgpu (why). Products in float16."],
    ],
    [
      { device: "auto", precision: "float32" },
      { device: "webgpu", precision: "float32" },
      ["Device: webgpu (why). Products in float32."],
    ],
  ] as const)("is chosen and said %#", async (settings, execution, said) => {
    const notes: string[] = [];
    expect(await chooseExecution(settings, undefined, { ...machine("webgpu"), onNote: (note) => notes.push(note) })).toEqual(
      execution,
    );
    expect(notes).toEqual(said);
  });

  test("stays for a run that goes on, even where auto would choose another now", async () => {
    const before = { device: "cpu", precision: "float32" } as const;
    expect(await chooseExecution({ device: "auto", precision: "auto" }, before, machine("webgpu"))).toEqual(before);
  });

  test("is asked for among the cards that a step has run on", async () => {
    const asked: unknown[] = [];
    const choose = async (wanted: string, options?: unknown) => {
      asked.push([wanted, options]);
      return { device: "cpu" as const, says: "" };
    };
    await chooseExecution({ device: "auto", precision: "float32" }, undefined, { choose });
    expect(asked).toEqual([["auto", { cards: ["webgpu"] }]]);
  });
});

test("a run in float16 learns as well as one in float32", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder, { steps: 40, validateEvery: 20, learningRate: 5e-3 });
  const source = examplesOf(train, validation);
  const full = await trainPickScore({ ...settings, out: join(folder, "full") }, { examples: source });
  const half = await trainPickScore({ ...settings, ...float16, out: join(folder, "half") }, { examples: source });
  expect(full.best!.accuracy).toBeGreaterThan(0.9);
  expect(half.best!.accuracy).toBeGreaterThan(0.9);
  const [fullSteps, halfSteps] = [await stepsIn(full.folder), await stepsIn(half.folder)];
  const late = (steps: typeof fullSteps) => steps.slice(-10).reduce((sum, { loss }) => sum + loss, 0) / 10;
  expect(Math.abs(late(halfSteps) - late(fullSteps))).toBeLessThan(0.05);
  expect(halfSteps.map(({ loss }) => loss)).not.toEqual(fullSteps.map(({ loss }) => loss));
  expect(halfSteps.every(({ lossScale }) => lossScale! >= 1)).toBe(true);
  expect(fullSteps.every((step) => !("lossScale" in step))).toBe(true);
});

describe.each(["all", "last:1", "lora:2"])("train %s in float16", (part) => {
  test("six steps are two, a save, a load and four more, to the bit, and the record has the loss scale", async () => {
    const folder = temporaryFolder();
    const whole = await settingsIn(folder, { ...float16, train: part, layerDecay: 0.7, out: join(folder, "whole") });
    const parts = { ...whole, out: join(folder, "parts") };
    await trainPickScore(whole, { examples: examplesOf(train, validation) });
    const stopped = trainPickScore(parts, { examples: examplesOf(train, validation), ...stopAfter(2) });
    await expect(stopped).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
    expect(await record(parts.out)).toMatchObject({ step: 2, execution: float16, lossScale: { good: 2 } });
    await trainPickScore(parts, { examples: examplesOf(train, validation), resume: true });
    const model = (out: string) => readFileSync(join(out, "model.safetensors"));
    expect(model(parts.out).equals(model(whole.out))).toBe(true);
    const numbers = async (out: string) => (await stepsIn(out)).map(({ seconds: _, ...rest }) => rest);
    expect(await numbers(parts.out)).toEqual(await numbers(whole.out));
  });
});

test("a device on which no step has run is no setting", async () => {
  const settings = await settingsIn(temporaryFolder(), { device: "cuda" as never });
  await expect(trainPickScore(settings, { examples: examplesOf(train) })).rejects.toMatchObject({
    code: "PICKAPIC_TRAIN_SETTING_INVALID",
  });
});

test.runIf(process.platform === "linux")("a device that is not there stops the run before anything is made", async () => {
  const folder = temporaryFolder();
  const settings = await settingsIn(folder, { device: "webgpu" });
  // No driver of a card is found there.
  for (const name of ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"]) vi.stubEnv(name, "/nowhere");
  onTestFinished(() => void vi.unstubAllEnvs());
  await expect(trainPickScore(settings, { examples: examplesOf(train) })).rejects.toMatchObject({
    code: "PICKAPIC_GRAPH_DEVICE_MISSING",
  });
  await expect(readFile(join(settings.out, "run.json"))).rejects.toThrow("ENOENT");
});
