import { join } from "node:path";
import { expect, test } from "vitest";
import { shareSessions } from "../../../../test/support/sharedSessions.ts";
import { loadScorer, readMetrics, trainPickScore, type ValidationMetrics, type ValidationPair } from "../../src/index.ts";
import { readValidation } from "../../src/run/validation.ts";
import { colorExamples, examplesOf, SMALL_TRAINING, stopAfter, temporaryFolder, tinyClip } from "../tinyClip.ts";

shareSessions();

/** Tie-free accuracy from probabilities alone. */
function accuracyOf(pairs: readonly ValidationPair[], moment: "before" | "after"): number {
  const decided = pairs.filter(({ target }) => target[0] !== target[1]);
  return decided.filter((pair) => pair[moment] > 0.5 === pair.target[0] > 0.5).length / decided.length;
}

async function tinyRun(more: object = {}) {
  const folder = temporaryFolder();
  const validation = (await colorExamples(15, 9)).map((example, i) => ({ ...example, id: `${i + 100}` }));
  const examples = examplesOf(await colorExamples(40), validation);
  const small = { ...SMALL_TRAINING, steps: 40, learningRate: 5e-3, validateEvery: 10 };
  const settings = { ...small, init: await tinyClip(join(folder, "init")), out: join(folder, "run"), ...more };
  return { settings, examples, validation };
}

test("every validation pair is kept as the starting model saw it and as the best checkpoint sees it", async () => {
  const { settings, examples, validation } = await tinyRun();
  const { best } = await trainPickScore(settings, { examples });
  const found = (await readValidation(join(settings.out, "validation.json")))!;
  expect(found).toMatchObject({ format: 1, split: "validation_unique", step: best!.step });
  expect(found.pairs.map(({ rankingId }) => rankingId)).toEqual(validation.map(({ id }) => id));
  expect(found.pairs.filter(({ target }) => target[0] === 0.5).length).toBe(3);
  const [first] = (await readMetrics(join(settings.out, "metrics.jsonl"))).filter((each) => "validationAccuracy" in each);
  expect(accuracyOf(found.pairs, "before")).toBeCloseTo((first as ValidationMetrics).validationAccuracy, 12);
  expect(accuracyOf(found.pairs, "after")).toBeCloseTo(best!.accuracy, 12);
  expect(best!.accuracy).toBeGreaterThan(accuracyOf(found.pairs, "before"));
});

test("its probabilities are those that the two models give as scorers, each with its own temperature", async () => {
  const { settings, examples, validation } = await tinyRun({ temperature: "fit" });
  await trainPickScore(settings, { examples });
  const { pairs } = (await readValidation(join(settings.out, "validation.json")))!;
  for (const [moment, model] of [
    ["before", settings.init],
    ["after", settings.out],
  ] as const) {
    // biome-ignore format: pairs
    const scorer = await loadScorer(model, { threads: 1 });
    for (const [i, { caption, bytes0, bytes1 }] of validation.entries()) {
      const [score0, score1] = await scorer.score(caption, [bytes0, bytes1]);
      expect(pairs[i]![moment], `${moment}, pair ${i}`).toBeCloseTo(1 / (1 + Math.exp(score1! - score0!)), 4);
    }
    await scorer.close();
  }
});

test("it holds as many pairs as are validated on, and none where nothing is", async () => {
  const { settings, examples } = await tinyRun({ validationPairs: 7, steps: 2 });
  await trainPickScore(settings, { examples });
  expect((await readValidation(join(settings.out, "validation.json")))!.pairs).toHaveLength(7);
  const bare = { ...settings, out: `${settings.out}-bare` };
  await trainPickScore(bare, { examples: examplesOf(await colorExamples(10)) });
  expect(await readValidation(join(bare.out, "validation.json"))).toBeNull();
});

test("a run that goes on remembers how the starting model saw them", async () => {
  const { settings, examples } = await tinyRun();
  const parts = { ...settings, out: `${settings.out}-parts` };
  await trainPickScore(settings, { examples });
  await expect(trainPickScore(parts, { examples, ...stopAfter(13) })).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
  await trainPickScore(parts, { examples, resume: true });
  expect(await readValidation(join(parts.out, "validation.json"))).toEqual(
    await readValidation(join(settings.out, "validation.json")),
  );
});

test("patience ends a run that no longer gets better, says so, and the result is its best checkpoint", async () => {
  const { settings, examples } = await tinyRun({ learningRate: 0, weightDecay: 0, patience: 2, steps: 1000 });
  const notes: string[] = [];
  const parts = { ...settings, out: `${settings.out}-parts` };
  const result = await trainPickScore(settings, { examples, onNote: (line) => notes.push(line) });
  expect(result).toMatchObject({ steps: 20, best: { step: 0 } });
  expect(notes).toEqual(["Ended after step 20 of 1000: no validation was better than that of step 0."]);
  await expect(trainPickScore(parts, { examples, ...stopAfter(15) })).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
  expect(await trainPickScore(parts, { examples, resume: true })).toMatchObject({ steps: 20, best: { step: 0 } });
  expect(await trainPickScore(parts, { examples, resume: true })).toMatchObject({ steps: 20 });
});
