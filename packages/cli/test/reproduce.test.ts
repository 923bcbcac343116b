import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measuredRows, PATIENT, QUICK, type Reproduction, reproduce, writeReport } from "@pickapic/experiments/reproduce";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mainFigures, summaryText } from "../src/reproduce/summary.ts";
import { openTerminal } from "./terminal.ts";

let folder = "";
let made: Reproduction;
const phases: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-reproduce-"));
  const small = {
    rankings: 260,
    answersPerPrompt: 2,
    heldOutPrompts: 80,
    heldOutShare: 0.5,
    pictureSize: 48,
    bestOfPrompts: 30,
    bestOfN: 2,
  } as const;
  const training = {
    train: "all",
    validationSplit: "validation" as const,
    steps: 2,
    batchPairs: 4,
    validateEvery: 1,
    validationPairs: 4,
  };
  made = await reproduce(
    { ...QUICK, ...small, training, seed: 3, out: folder },
    { signal: new AbortController().signal, now: () => performance.now(), onProgress: (phase) => phases.push(phase) },
  );
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the phases come in their order, each is timed, and together they are the whole time", () => {
  const inOrder = ["collecting", "writing the dataset", "training", "measuring", "picking"];
  expect([...new Set(phases)]).toEqual(inOrder);
  expect(made.phases.map(({ phase }) => phase)).toEqual(inOrder);
  const sum = made.phases.reduce((total, { seconds }) => total + seconds, 0);
  expect(sum).toBeLessThanOrEqual(made.seconds);
  expect(sum).toBeGreaterThan(0.8 * made.seconds);
});

test("--json has exactly the keys that were promised, and its figures are shares", () => {
  const figures = mainFigures(made);
  expect(Object.keys(figures)).toEqual(["seed", "seconds", "ties", "accuracy", "bestOf", "reasons"]);
  expect(Object.keys(figures.accuracy)).toEqual(["random", "colourSharpness", "clipToy", "experts", "pickscore"]);
  expect(Object.keys(figures.bestOf)).toEqual(["n", "preferred", "interval"]);
  expect(figures).toMatchObject({ seed: 3, bestOf: { n: 2 }, reasons: [] });
  const [low, high] = figures.bestOf.interval!;
  for (const share of [figures.ties, ...Object.values(figures.accuracy), figures.bestOf.preferred, low, high]) {
    expect(share!).toBeGreaterThanOrEqual(0);
    expect(share!).toBeLessThanOrEqual(1);
  }
});

test("what is measured comes from the dataset on the disk: one example per held-out prompt", () => {
  const { splits, test, collected } = made;
  expect(splits.test_unique).toBe(30);
  expect(test).toHaveLength(30);
  expect(new Set(test.map(({ pair }) => pair.caption)).size).toBe(30);
  expect((splits.train ?? 0) + (splits.validation ?? 0) + (splits.test ?? 0)).toBe(collected.rankings);
  for (const { pair, ranking } of test) expect([pair.caption, pair.label]).toEqual([ranking.prompt, ranking.label]);
});

test("differences are those of the accuracies", () => {
  const { accuracy, clipToy, pickscore } = { ...mainFigures(made), ...mainFigures(made).accuracy };
  expect(made.differences.map(({ to }) => to)).toEqual(["experts", "clip-toy", "colour-sharpness"]);
  expect(made.differences[0]!.difference).toBeCloseTo(pickscore! - accuracy.experts!, 12);
  expect(made.differences[1]!.difference).toBeCloseTo(pickscore! - clipToy!, 12);
});

test("the table names everybody in the order of the paper and says that all is simulated", () => {
  const text = summaryText(openTerminal().context.stdout, made);
  expect(measuredRows(made).map(({ name }) => name)).toEqual(["random", "colour-sharpness", "clip-toy", "experts", "pickscore"]);
  expect(text).toMatch(/^Simulated people and pictures, seed 3/);
  expect(text).toContain("tie-aware accuracy on test_unique (30 examples");
});

test("a figure that is missing has its reason in the tables, in JSON and on the page", async () => {
  const reason = "too few examples (12), at least 30 are needed";
  const few = { ...made, experts: { ...made.experts, accuracy: null, interval: null, reason } };
  const sentence = `accuracy of experts: ${reason}.`;
  expect(mainFigures(few)).toMatchObject({ accuracy: { experts: null }, reasons: [sentence] });
  expect(summaryText(openTerminal().context.stdout, few)).toContain(sentence);
  expect(await writeReport(few)).toContain(sentence);
});

describe("the report", () => {
  test("needs nothing but itself, and says that all is simulated", async () => {
    const page = await writeReport(made);
    expect(page).toContain("People and pictures are simulated.");
    const outside = [...page.matchAll(/(?:src|href)="([^"]*)"/g)]
      .map((match) => match[1]!)
      .filter((target) => !target.startsWith("data:image/jpeg;base64,"));
    expect(outside).toEqual([]);
    expect(page).not.toMatch(/<script|<link|url\(|@import/);
    const words = page.replace(/data:image[^"]*/g, "");
    expect(words.match(/.{0,60}(NaN|undefined|\[object).{0,20}/g) ?? []).toEqual([]);
  });

  test("says by which pairs the checkpoint was chosen, and has no curve of a handful of pairs", async () => {
    const page = await writeReport(made);
    const { best } = made.trained;
    const chosen =
      best!.step === 0
        ? "No step was better than the start on validation"
        : `The checkpoint of step ${best!.step}, the best on validation,`;
    expect(page).toContain(chosen);
    expect(page).toContain("Accuracy on pairs of validation, ties left out");
    expect(page).toMatch(/No curve: too few pairs with a winner \(\d\), at least 30 are needed\./);
  });

  test("has the figures that --json prints", async () => {
    const page = await writeReport(made);
    for (const share of Object.values(mainFigures(made).accuracy)) expect(page).toContain(`${(100 * share!).toFixed(1)}\u00a0%`);
  });
});

test("the run folder holds the dataset and the model with its metrics", async () => {
  const metrics = (await readFile(join(folder, "model", "metrics.jsonl"), "utf8")).trim().split("\n");
  expect(metrics.filter((line) => line.includes('"loss"'))).toHaveLength(2);
  expect(made.training).toHaveLength(metrics.length);
});

test("the patient reproduction is larger in every way", () => {
  expect(PATIENT.rankings).toBeGreaterThan(QUICK.rankings);
  expect(PATIENT.heldOutPrompts).toBeGreaterThan(QUICK.heldOutPrompts);
  expect(PATIENT.training.steps ?? 0).toBeGreaterThan(QUICK.training.steps ?? 0);
});
