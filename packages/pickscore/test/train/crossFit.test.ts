import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openCheckpoint } from "@pickapic/clip";
import { expect, test } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import type { Pair } from "../../src/data/plan.ts";
import { readMetrics, trainPickScore } from "../../src/index.ts";
import { readValidation } from "../../src/run/validation.ts";
import { chooseStep, foldsOf } from "../../src/train/crossFit.ts";
import { colorExamples, examplesOf, stopAfter, temporaryFolder, tinyClip } from "../tinyClip.ts";

shareSessions();

const captions = Array.from({ length: 40 }, (_, i) => `prompt ${Math.floor(i / 3)}`);

test("pairs of one prompt are in one fold, folds are of equal size but for one prompt, and a seed has its own", () => {
  const { fold, folds } = foldsOf(captions, 1)!;
  expect(folds).toBe(5);
  const byPrompt = Map.groupBy(fold, (_, i) => captions[i]!);
  for (const [prompt, list] of byPrompt) expect(new Set(list).size, prompt).toBe(1);
  const sizes = [0, 1, 2, 3, 4].map((k) => [...byPrompt.values()].filter(([first]) => first === k).length);
  expect(sizes.toSorted()).toEqual([2, 3, 3, 3, 3]);
  expect(foldsOf(captions, 1)).toEqual(foldsOf(captions, 1));
  expect(foldsOf(captions, 2)!.fold).not.toEqual(fold);
  expect(foldsOf(["a", "b", "a"], 1)!.folds).toBe(2);
  expect(foldsOf(["a", "a"], 1)).toBeNull();
});

const pairOf = (target: Pair["target"]): Pair => ({ caption: "a", image0: "0", image1: "1", target, examplesPerPrompt: 1 });

test("the step with the least loss is chosen, and no fold has a part in the choice of what judges it", () => {
  // At step 5 fold 0 is judged perfectly and fold 1 wrongly; at step 10 it is the other way round, and a little better in all.
  const pairs = [pairOf([1, 0]), pairOf([1, 0])];
  const margins = [
    [0, 0],
    [4, -1],
    [-1, 5],
  ].map((list) => Float64Array.from(list));
  const { chosen, steps, after } = chooseStep(pairs, [0, 1], margins, [0, 5, 10]);
  expect(chosen).toBe(10);
  expect(steps.map(({ accuracy }) => accuracy)).toEqual([0.5, 0.5, 0.5]);
  expect(steps[0]!.loss).toBeCloseTo(Math.LN2, 12);
  // Fold 0 is judged at the step that fold 1 likes best, which is bad for it, and the other way round.
  const s = (x: number) => 1 / (1 + Math.exp(-x));
  expect(after).toEqual([s(-1), s(-1)].map((p) => expect.closeTo(p, 12)));
});

test("ties count in the loss and not in the accuracy", () => {
  const { steps } = chooseStep([pairOf([0.5, 0.5]), pairOf([0, 1])], [0, 1], [Float64Array.from([3, -2])], [0]);
  expect(steps[0]!.accuracy).toBe(1);
  expect(steps[0]!.loss).toBeGreaterThan(0.4);
});

async function tinyRun() {
  const folder = temporaryFolder();
  const train = (await colorExamples(60)).map((example, i) => ({
    ...example,
    id: `${i + 1}`,
    caption: `${example.caption} ${i % 7}`,
  }));
  const settings = {
    ...{ train: "head", steps: 20, batchPairs: 16, learningRate: 2e-2, warmupSteps: 2, validateEvery: 5, threads: 1 },
    ...{ init: await tinyClip(join(folder, "init")), out: join(folder, "run") },
  };
  return { settings, examples: examplesOf(train), train };
}

test("a cross-fitted run keeps the chosen step, judges every pair once, and a resumed one ends in the same bits", async () => {
  const { settings, examples, train } = await tinyRun();
  const phases = new Set<string | undefined>();
  const result = await trainPickScore(settings, { examples, onProgress: ({ phase }) => phases.add(phase) });
  const { chosen, steps, folds } = result.crossFit!;
  expect({ folds, measured: steps.map(({ step }) => step) }).toEqual({ folds: 5, measured: [0, 5, 10, 15, 20] });
  expect(chosen).toBeGreaterThan(0);
  expect(result).toMatchObject({ steps: chosen, startKept: false, best: { step: chosen } });
  expect(phases).toContain("cross-fitting");
  const { pairs, ...about } = (await readValidation(join(settings.out, "validation.json")))!;
  expect(about).toEqual({ format: 1, split: "train", folds: 5, step: chosen });
  expect(pairs.map(({ rankingId }) => rankingId)).toEqual(train.map(({ id }) => id));
  const lines = await readMetrics(join(settings.out, "metrics.jsonl"));
  expect(lines.filter((line) => "validationAccuracy" in line).map(({ step }) => step)).toEqual(
    steps.map(({ step }) => step).filter((step) => step <= chosen),
  );

  const parts = { ...settings, out: `${settings.out}-parts` };
  await expect(trainPickScore(parts, { examples, ...stopAfter(3) })).rejects.toThrow(/after step 3/);
  const resumed = await trainPickScore({ out: parts.out }, { examples, resume: true });
  expect(resumed.crossFit).toEqual(result.crossFit);
  const model = (out: string) => readFileSync(join(out, "model.safetensors"));
  expect(model(parts.out).equals(model(settings.out))).toBe(true);
});

test("pairs that contradict each other teach nothing: the starting weights are kept, and the run says so", async () => {
  const { settings, train } = await tinyRun();
  const noise = train.map((example, i) => ({
    ...example,
    target: Math.sin(1e4 * i) > 0 ? ([1, 0] as const) : ([0, 1] as const),
  }));
  const given = { ...settings, learningRate: 0.3 };
  const { startKept, best, steps } = await trainPickScore(given, { examples: examplesOf(noise) });
  expect({ startKept, best, steps }).toEqual({ startKept: true, best: { step: 0, accuracy: expect.any(Number) }, steps: 0 });
  expect(JSON.parse(readFileSync(join(settings.out, "run.json"), "utf8"))).toMatchObject({ startKept: true, finished: true });
  const projection = async (folder: string) => (await openCheckpoint(folder)).read("visual_projection.weight");
  expect(await projection(settings.out)).toEqual(await projection(settings.init));
});

test("towers that are trained are not run six times over: cross-fitting is refused", async () => {
  const { settings, examples } = await tinyRun();
  await expect(
    trainPickScore({ ...settings, train: "all", validationSplit: "cross-fitted" }, { examples }),
  ).rejects.toMatchObject({
    code: "PICKAPIC_TRAIN_CROSS_FITTING",
    message: expect.stringContaining('"train" head, image-head or last:K'),
  });
});
