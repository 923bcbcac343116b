import { expect, test } from "vitest";
import { type Judge, measureBestOf, type Picked } from "../../src/measure/best.ts";

const effects = { signal: new AbortController().signal, onProgress() {} };
const settings = { seed: 4, prompts: 30, n: 3, guidance: 7.5, size: 32 };

/** Scores pictures by their place, so that the pick is known. */
const judgeOf = (name: string, score: (i: number) => number): Judge => ({
  name,
  score: async (_prompt, images) => images.map((_, i) => score(i)),
});

test("each judge picks the picture with the highest score, all of the same pictures, for the same person", async () => {
  const picked: Picked[] = [];
  const judges = [judgeOf("first", (i) => -i), judgeOf("last", (i) => i), judgeOf("also first", (i) => 5 - i)];
  const outcomes = await measureBestOf(settings, judges, { ...effects, onPick: (pick) => picked.push(pick) });
  expect(outcomes.map(({ scorer, judgements }) => [scorer, judgements])).toEqual([
    ["first", 30],
    ["last", 30],
    ["also first", 30],
  ]);
  expect(outcomes[2]).toEqual({ ...outcomes[0], scorer: "also first" });
  for (const { picks, prompt, random } of picked) {
    expect(picks[0]!.request.seed).not.toBe(picks[1]!.request.seed);
    expect(picks[2]).toEqual(picks[0]);
    expect([random.prompt, picks[0]!.request.prompt]).toEqual([prompt, prompt]);
  }
});

test("the share is wins and half of the ties, and lies in its interval", async () => {
  const picked: Picked[] = [];
  const [outcome] = await measureBestOf(settings, [judgeOf("first", (i) => -i)], {
    ...effects,
    onPick: (pick) => picked.push(pick),
  });
  const outcomes = picked.map(({ picks }) => picks[0]!.outcome);
  expect(outcome!.preferred).toBeCloseTo(outcomes.reduce<number>((sum, each) => sum + each, 0) / 30, 12);
  expect(outcome!.ties).toBe(outcomes.filter((each) => each === 0.5).length);
  expect(outcome!.interval![0]).toBeLessThanOrEqual(outcome!.preferred!);
  expect(outcome!.interval![1]).toBeGreaterThanOrEqual(outcome!.preferred!);
});

test("of too few judgements there is no share, but the reason", async () => {
  const [outcome] = await measureBestOf({ ...settings, prompts: 4 }, [judgeOf("first", (i) => -i)], effects);
  const reason = "too few judgements (4), at least 30 are needed";
  expect(outcome).toMatchObject({ judgements: 4, preferred: null, interval: null, reason });
});

test("with a model all pictures are of that model at that guidance; without one they are drawn as the app does", async () => {
  const drawn = async (model?: string) => {
    const requests: Picked["random"][] = [];
    await measureBestOf({ ...settings, model }, [judgeOf("x", (i) => i)], {
      ...effects,
      onPick: ({ random, picks }) => requests.push(random, picks[0]!.request),
    });
    return requests;
  };
  expect(new Set((await drawn("toy-dream")).map(({ model, guidanceScale }) => `${model} ${guidanceScale}`))).toEqual(
    new Set(["toy-dream 7.5"]),
  );
  expect(new Set((await drawn()).map(({ model }) => model)).size).toBeGreaterThan(2);
});
