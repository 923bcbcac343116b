import { BARE, promptTemplates } from "@pickapic/generation";
import { describeImage, expert, person, utility } from "@pickapic/toyworld";
import { describe, expect, test } from "vitest";
import type { Judge } from "../../src/measure/pairs.ts";
import { lowerBounds, perturbedScores } from "../../src/measure/pessimism.ts";
import { measureRanking, type RankingSettings } from "../../src/measure/ranking.ts";
import { curveOf, sizesUpTo, verdictSentence } from "../../src/measure/rankingCurve.ts";
import { type RankingRound, type Viewer, viewerOf } from "../../src/measure/rankingRound.ts";

const effects = { signal: new AbortController().signal, onProgress() {} };
const settings: RankingSettings = {
  seed: 4,
  prompts: 8,
  n: 6,
  templates: promptTemplates.slice(0, 3),
  model: "toy-xl",
  guidance: 7.5,
  size: 16,
  judges: 4,
  scorers: ["first"],
  against: ["last"],
  ensemble: [],
  pessimism: null,
  patience: null,
};

/** Scores images by their place, so that the pick is known. */
const judgeOf = (name: string, score: (i: number) => number): Judge => ({
  name,
  scorePairs: async (pairs) => pairs.map((_, i) => ({ score: score(i) })),
});
const judges = new Map([
  ["first", judgeOf("first", (i) => -i)],
  ["last", judgeOf("last", (i) => i)],
]);

describe("measureRanking", () => {
  test("gives each pick against the baselines of the paper, by people and by experts, and repeats itself", async () => {
    const measured = await measureRanking(settings, judges, effects);
    const [pick] = measured.picks;
    expect(pick).toMatchObject({ picker: "first", images: 6 });
    expect(pick?.against.map(({ baseline }) => baseline)).toEqual([
      "random seed, bare prompt",
      "random seed, random template",
      "the pick of last",
    ]);
    expect(pick?.against[0]?.people.preferred.interval).not.toBeNull();
    expect(pick?.against[0]?.people).not.toEqual(pick?.against[0]?.experts);
    expect(await measureRanking(settings, judges, effects)).toEqual(measured);
  });

  test("counts a pick that is the baseline's as a tie, and a pick with patience needs fewer images", async () => {
    const level = new Map([["level", judgeOf("level", () => 1)]]);
    const names = { scorers: ["level"], against: [], n: 12, patience: 0.01 };
    const { picks } = await measureRanking({ ...settings, ...names }, level, effects);
    expect(picks.map(({ picker, images }) => [picker, images])).toEqual([
      ["level", 12],
      ["level with patience", 5],
    ]);
    const own = picks[1]?.against.at(-1);
    expect(own).toMatchObject({
      baseline: "its own pick of all 12",
      people: { same: 32, ties: 0, preferred: { value: 0.5, interval: null } },
    });
  });

  test("leaves out a prompt of which one image has no score, counts it, and measures the others as if it had not been asked", async () => {
    let asked = 0;
    const broken: Judge = {
      name: "first",
      scorePairs: async (pairs) => pairs.map((_, i) => ({ score: ++asked === 11 ? Number.NaN : -i })),
    };
    const found = await measureRanking({ ...settings, mostFailed: 0.2, against: [] }, new Map([["first", broken]]), effects);
    expect(found.leftOut).toBe(1);
    expect(found.failures).toMatchObject([
      { scorer: "first", images: 1, first: [{ uid: "3 of 8", reason: "first gave no score: the score is NaN." }] },
    ]);
    const judgements = found.picks[0]?.against[0]?.people.preferred.examples;
    expect(judgements).toBe((settings.prompts - 1) * settings.judges);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("refuses a scorer that gives %s too often", async (score) => {
    const wrong = measureRanking({ ...settings, prompts: 3 }, new Map([["first", judgeOf("first", () => score)]]), effects);
    await expect(wrong).rejects.toMatchObject({
      code: "PICKAPIC_CLI_SCORES_MISSING",
      message: expect.stringContaining(`first gave no score: the score is ${score}.`),
    });
  });

  test("with one image to pick from and the bare prompt, the pick is as good as a random seed", async () => {
    const alone = { ...settings, n: 1, templates: [BARE], against: [], judges: 20, prompts: 30 };
    const { picks } = await measureRanking(alone, judges, effects);
    const [low, high] = picks[0]?.against[0]?.people.preferred.interval ?? [1, 0];
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
  });
});

test("people and experts prefer the image that they like more, on either side, and their answers repeat", () => {
  const prompt = "two red apples left of a cat on a blue background";
  const requests = Array.from({ length: 40 }, (_, seed) => ({
    ...{ prompt, negativePrompt: "", model: "toy-classic", guidanceScale: 7.5, steps: 50, width: 16, height: 16 },
    seed,
  }));
  const sorted = requests.toSorted((a, b) => utility(describeImage(b)) - utility(describeImage(a)));
  const pair = [...sorted.slice(0, 1), ...sorted.slice(-1)];
  for (const make of [person, expert]) {
    const viewers = Array.from({ length: 100 }, (_, i) => viewerOf(make, `${i}`, prompt, pair));
    const mean = (first: number, second: number) => viewers.reduce((sum, viewer) => sum + viewer(first, second), 0) / 100;
    expect(mean(0, 1)).toBeGreaterThan(0.8);
    expect(mean(1, 0)).toBeLessThan(0.2);
    expect(mean(0, 0)).toBe(0.5);
    expect(viewers.map((viewer) => viewer(0, 1))).toEqual(viewers.map((viewer) => viewer(0, 1)));
  }
});

describe("the curve over n", () => {
  test("has the powers of two below n, and n", () => {
    expect(sizesUpTo(128)).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
    expect(sizesUpTo(20)).toEqual([1, 2, 4, 8, 16, 20]);
  });

  /** 40 prompts with 8 images of scores 0...7, and people who like image i as `liked` says. */
  const roundsOf = (liked: (i: number) => 0 | 0.5 | 1): RankingRound[] =>
    Array.from({ length: 40 }, (_, round) => {
      const viewer: Viewer = (first) => (round % 10 === 9 ? 0.5 : liked(first));
      return {
        prompt: `${round}`,
        requests: [],
        scores: new Map([["s", [...Array.from({ length: 8 }, (_, i) => i), 0, 0]]]),
        viewers: { people: [viewer], experts: [viewer] },
      };
    });

  test("is the mean over all subsets of one set of images", () => {
    const { points } = curveOf(
      "s",
      roundsOf((i) => (i === 7 ? 1 : 0)),
      { n: 8, seed: 1 },
    );
    // The best image is in n of 8 subsets of n; one round in ten ties.
    for (const { n, people } of points) expect(people.value).toBeCloseTo(0.9 * (n / 8) + 0.05, 12);
    // The mean of the larger of two of 0...7 is 5, that of all 3.5.
    expect(points[1]?.gain).toBeCloseTo(1.5, 12);
    expect(points[0]?.gain).toBeCloseTo(0, 12);
    expect(points.at(-1)?.forecast).toBeCloseTo(1 / (1 + Math.exp(-7)), 12);
  });

  test("tells whether people still agree while the score rises", () => {
    const rising = curveOf(
      "s",
      roundsOf((i) => (i === 7 ? 1 : 0)),
      { n: 8, seed: 1 },
    ).people;
    expect(rising).toMatchObject({ best: 8, verdict: "rises" });
    const falling = curveOf(
      "s",
      roundsOf((i) => (i >= 4 && i < 7 ? 1 : 0)),
      { n: 8, seed: 1 },
    ).people;
    expect(falling).toMatchObject({ best: 2, verdict: "falls" });
    expect(verdictSentence("people", falling, 8)).toContain(
      "Over-optimised: the people like the pick of n = 8 less than that of n = 2",
    );
  });
});

describe("the lower bound", () => {
  test("is the mean minus k standard deviations of the scores, each reduced by its scorer's mean", () => {
    const bounds = lowerBounds(
      [
        [0, 2, 4],
        [11, 10, 12],
      ],
      2,
    );
    // Reduced: [-2, 0, 2] and [0, -1, 1]; means -1, -0.5, 1.5 and deviations of sqrt(2), sqrt(0.5), sqrt(0.5).
    const expected = [-1 - 2 * Math.SQRT2, -0.5 - 2 * Math.SQRT1_2, 1.5 - 2 * Math.SQRT1_2];
    for (const [i, bound] of bounds.entries()) expect(bound).toBeCloseTo(expected[i] ?? Number.NaN, 12);
  });

  test("of one scorer is taken over the image and four smaller copies of it", async () => {
    const { toyBackend } = await import("@pickapic/toyworld");
    const { decodePicture } = await import("@pickapic/pictures");
    const request = {
      prompt: "a cat",
      negativePrompt: "",
      model: "toy-xl",
      seed: 1,
      guidanceScale: 7.5,
      steps: 30,
      width: 48,
      height: 48,
    };
    const { bytes } = await toyBackend().generate(request);
    const scoring = (of: (picture: Awaited<ReturnType<typeof decodePicture>>) => number) => (images: readonly Uint8Array[]) =>
      Promise.all(images.map(async (image) => of(await decodePicture(image))));
    expect(
      await perturbedScores(
        scoring(({ width }) => width),
        [bytes],
      ),
    ).toEqual([[48], [45], [45], [45], [45]]);
    expect(await perturbedScores(async () => null, [bytes])).toBeNull();
    const { data } = await decodePicture(bytes);
    const scores = (
      (await perturbedScores(
        scoring(({ data: [first = 0] }) => first),
        [bytes],
      )) ?? []
    ).map(([score]) => score ?? 0);
    // The first pixel of each copy is the image's at (0, 0), (0, 0), (3, 0), (0, 3) and (3, 3); JPEG changes it a little.
    for (const [i, pixel] of [0, 0, 3, 3 * 48, 3 * 48 + 3].entries())
      expect(Math.abs((scores[i] ?? 0) - (data[3 * pixel] ?? 0))).toBeLessThan(12);
  });
});

test("without a model, each image is of a generator and a guidance of its own, as the app draws them", async () => {
  const drawn = async (model: string | null) => {
    const rounds: RankingRound[] = [];
    await measureRanking({ ...settings, model }, judges, { ...effects, onRound: (round) => rounds.push(round) });
    return rounds.flatMap(({ requests }) => requests.map((request) => `${request.model} ${request.guidanceScale}`));
  };
  expect(new Set(await drawn("toy-dream"))).toEqual(new Set(["toy-dream 7.5"]));
  expect(new Set(await drawn(null)).size).toBe(settings.prompts * (settings.n + 2));
});
