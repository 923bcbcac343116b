import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Dataset, openDataset } from "@pickapic/dataset";
import { readRun } from "@pickapic/pickscore";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { byteJudges, calm, makeDataset, makeRun, pairsOf } from "../../../../test/support/madeRun.ts";
import { curveOf, measureShares, readCurve } from "../../src/trained/curve.ts";
import { type MeasureEffects, measureRun, readMeasured } from "../../src/trained/measured.ts";

let root = "";
let dataset: Dataset;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-measured-"));
  dataset = await makeDataset(join(root, "data"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A record that is whole, but for the settings that are not in it. */
const WHOLE = {
  format: 1,
  kind: "pickscore",
  settings: { dataset: "data", out: "run" },
  versions: {},
  step: 1,
  best: null,
  finished: true,
};

describe("a run", () => {
  test("is its record, its metrics and its validation pairs", async () => {
    const run = await readRun(await makeRun({ folder: join(root, "whole"), dataset }));
    expect(run.record).toMatchObject({ step: 40, finished: true, settings: { init: "clip-toy", share: 1 } });
    expect(run.settings).toMatchObject({ init: "clip-toy", share: 1, train: "all" });
    expect(run.metrics).toHaveLength(42);
    expect(run.validation!.pairs).toHaveLength(38);
  });

  test.each([
    ["run.json", '{"format": 1', /run\.json is not what a run writes/],
    ["run.json", '{"format": 2, "kind": "pickscore"}', /run\.json is not what .*format/],
    ["run.json", JSON.stringify({ ...WHOLE, kind: "contrastive" }), /run\.json is not what .*it is of kind contrastive/],
    [
      "run.json",
      JSON.stringify({ ...WHOLE, settings: { ...WHOLE.settings, steps: -1 } }),
      /run\.json is not what .*"steps" must be/,
    ],
    ["run.json", JSON.stringify(WHOLE), /run\.json is not what .*one of them is auto/],
    ["metrics.jsonl", "loss: 1\n", /metrics\.jsonl is not what/],
    ["validation.json", "[", /validation\.json is not what/],
  ])("with a broken %s (%s) is refused in one sentence", async (name, content, message) => {
    const folder = await makeRun({ folder: join(root, "broken"), dataset });
    await writeFile(join(folder, name), content);
    await expect(readRun(folder)).rejects.toMatchObject({
      code: "PICKAPIC_RUN_BROKEN",
      message: expect.stringMatching(message),
    });
    await expect(readRun(folder)).rejects.not.toThrow(/\n/);
  });

  test("that is not there is refused", async () => {
    await expect(readRun(root)).rejects.toMatchObject({ code: "PICKAPIC_RUN_MISSING" });
  });
});

describe("the test pairs", () => {
  test("are judged by the model before and the model after, in the order of the dataset, once", async () => {
    const run = await readRun(await makeRun({ folder: join(root, "judged"), dataset }));
    expect(await readMeasured(run)).toBeNull();
    const { opened, openJudge } = byteJudges();
    const measured = await measureRun(run, { ...calm, openJudge });
    expect(opened).toEqual(["clip-toy", "judged"]);
    const rows: { id: string; size: number; label: number }[] = [];
    for await (const row of dataset.read("test"))
      rows.push({ id: `${row.ranking_id}`, size: (row.jpg_0!.length - row.jpg_1!.length) / 100, label: row.label_0 });
    expect(measured.test!.split).toBe("test");
    for (const [i, { id, size, label }] of rows.entries()) {
      const pair = measured.test!.pairs[i]!;
      expect([pair.rankingId, pair.target[0]]).toEqual([id, label]);
      expect(pair.after).toBeCloseTo(1 / (1 + Math.exp(-size)), 12);
      expect(pair.before).toBeCloseTo(1 / (1 + Math.exp(size)), 12);
    }
    expect(await measureRun(run, { ...calm, openJudge })).toEqual(measured);
    expect(opened).toHaveLength(2);
    expect(await readMeasured(run)).toEqual(measured);
  });

  test.each([
    ["transformers", { pixels: "transformers" }],
    ["browser", { pixels: "browser" }],
  ] as const)("are read as the run read its images: %s", async (pixels, settings) => {
    const run = await readRun(await makeRun({ folder: join(root, `read-${pixels}`), dataset, settings }));
    const { openJudge } = byteJudges();
    const seen = new Set<string | undefined>();
    const watched: MeasureEffects["openJudge"] = (model, options) => {
      seen.add(options.pixels);
      return openJudge(model);
    };
    await measureRun(run, { ...calm, openJudge: watched });
    expect([...seen]).toEqual([pixels]);
  });

  test("are measured again when the checkpoint is another one", async () => {
    const run = await readRun(
      await makeRun({ folder: join(root, "judged"), dataset, record: { best: { step: 40, accuracy: 0.8 } } }),
    );
    expect(await readMeasured(run)).toBeNull();
  });

  test("come with facts of the dataset: who was simulated, and how much of it was trained on", async () => {
    const run = await readRun(await makeRun({ folder: join(root, "facts"), dataset, settings: { share: 0.25 } }));
    const { dataset: facts } = await measureRun(run, { ...calm, ...byteJudges() });
    const train: string[] = [];
    for await (const { caption } of dataset.read("train")) train.push(caption);
    const all = new Set(train).size;
    expect(facts).toMatchObject({
      rankings: 300,
      simulated: 300,
      toyPictures: true,
      train: { pairs: train.length, prompts: all },
    });
    expect(facts.trained.prompts).toBe(Math.ceil(0.25 * all));
    expect(facts.trained.pairs).toBeGreaterThanOrEqual(facts.trained.prompts);
    expect(facts.trained.pairs).toBeLessThan(train.length / 2);
  });
});

describe("the data-size curve", () => {
  const effects = { ...calm, ...byteJudges() };
  const share = (main: string, of: number, record = {}) =>
    makeRun({ folder: join(main, "curve", `share-${of}`), dataset, settings: { share: of }, record });

  test("has the finished shares in their order and all prompts last, on the same pairs; before is judged once", async () => {
    const main = await makeRun({ folder: join(root, "main"), dataset });
    await share(main, 0.5);
    await share(main, 0.125);
    await share(main, 0.25, { finished: false });
    const { opened, openJudge } = byteJudges();
    const run = await readRun(main);
    const { test: known } = await measureRun(run, { ...calm, openJudge });
    await measureShares(run, { ...calm, openJudge }, known);
    expect(opened).toEqual(["clip-toy", "main", "share-0.125", "share-0.5"]);
    const curve = (await readCurve(run))!;
    expect(curve.points.map(({ share: of }) => of)).toEqual([0.125, 0.5, 1]);
    expect(curve.split).toBe("test");
    const pairs = curve.points.map((point) => point.pairs);
    expect(pairs).toEqual([...pairs].sort((a, b) => a - b));
    expect(pairs[2]).toBe(dataset.count("train"));
    // The byte judge is the same for every share: all are as good as all prompts.
    for (const { toAll } of curve.points.slice(0, 2)) expect(toAll).toEqual({ difference: 0, interval: null });
    expect(curve.points[2]!.toAll).toBeNull();
    const right = known!.pairs.map(({ target, after }) => -target[0] * Math.log(after) - target[1] * Math.log(1 - after));
    expect(curve.points[0]!.logLoss).toBeCloseTo(right.reduce((sum, loss) => sum + loss, 0) / right.length, 12);
    expect(curve.before.accuracy).toBeCloseTo(1 - curve.points[2]!.accuracy!, 12);
  });

  test("is none without shares, and leaves out a share that was measured on other pairs", async () => {
    const main = await makeRun({ folder: join(root, "alone"), dataset });
    const run = await readRun(main);
    await measureRun(run, effects);
    expect(await readCurve(run)).toBeNull();
    await share(main, 0.5);
    await measureShares(run, effects, null);
    expect((await readCurve(run))?.points).toHaveLength(2);
    const file = join(main, "curve", "share-0.5", "measured.json");
    const measured = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...measured, test: { ...measured.test, pairs: measured.test.pairs.slice(1) } }));
    expect(await readCurve(run)).toBeNull();
  });

  test("says how much better all prompts are, in pairs", async () => {
    const judged = { split: "test_unique", pairs: await pairsOf(await openDataset(join(root, "data")), "test_unique") };
    const worse = judged.pairs.map((pair, i) => (i % 3 === 0 ? { ...pair, after: 1 - pair.after } : pair));
    const run = { folder: "", trained: { pairs: 10, prompts: 5 } };
    const curve = curveOf(
      [
        { ...run, share: 0.5, judged: { ...judged, pairs: worse } },
        { ...run, share: 1, judged },
      ],
      1,
    )!;
    const [half, all] = curve.points;
    expect(half!.toAll!.difference).toBeCloseTo(all!.accuracy! - half!.accuracy!, 12);
    expect(half!.toAll!.difference).toBeGreaterThan(0);
    expect(half!.toAll!.interval![0]).toBeLessThan(half!.toAll!.difference!);
    expect(curve.before.accuracy).not.toBe(all!.accuracy);
  });
});
