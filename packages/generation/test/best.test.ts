/** @file Best of n: the plan, the order, the refusals. */

import { describe, expect, test } from "vitest";
import {
  BARE,
  type Backend,
  type BestOfSettings,
  bestOf,
  type CompleteRequest,
  expectedGain,
  FEWEST_SCORES,
  parsePrompt,
  planBestOf,
  promptTemplates,
} from "../src/index.ts";
import { fakeBackend, seeded } from "./toys.ts";

const settings: BestOfSettings = {
  prompt: parsePrompt("a cat [dog]"),
  backend: fakeBackend("toy", ["a"]),
  model: "a",
  random: seeded(1),
  score: async (_prompt, images) => images.map(scoreOf),
};

describe("planBestOf", () => {
  test("of 100 with 20 templates is 5 seeds, each under every template, all at guidance 7.5", () => {
    const plan = planBestOf(100, { ...settings, templates: promptTemplates });
    expect(new Set(plan.map(({ request }) => request.seed)).size).toBe(5);
    expect(new Set(plan.map(({ request }) => `${request.seed} ${request.prompt}`)).size).toBe(100);
    expect(plan.every(({ request }) => request.guidanceScale === 7.5)).toBe(true);
    expect(plan[0]?.request).toMatchObject({ prompt: "a cat", negativePrompt: "dog" });
  });

  test("of n without templates is n seeds of the bare prompt", () => {
    const plan = planBestOf(7, settings);
    expect(new Set(plan.map(({ request }) => request.seed)).size).toBe(7);
    expect(new Set(plan.map(({ request }) => request.prompt))).toEqual(new Set(["a cat"]));
  });

  test("of a number that the templates do not divide ends in the middle of the last seed, and draws no seed more", () => {
    let drawn = 0;
    const random = () => ++drawn / 100;
    const plan = planBestOf(5, { ...settings, random, templates: promptTemplates.slice(0, 3) });
    expect(plan.map(({ template }) => template)).toEqual([0, 1, 2, 0, 1].map((i) => promptTemplates[i]!.name));
    expect(drawn).toBe(2);
  });

  test.each([1, 10_000])("takes n = %d", (n) => {
    expect(planBestOf(n, settings)).toHaveLength(n);
  });

  test.each([0, -1, 1.5, Number.NaN, 10_001, 100_000])("refuses n = %d", (n) => {
    expect(() => planBestOf(n, settings)).toThrow(expect.objectContaining({ code: "PICKAPIC_BEST_OF_COUNT" }));
  });

  test("refuses a model that is not on offer, and names those that are", () => {
    expect(() => planBestOf(2, { ...settings, model: "b" })).toThrow('There is no model named "b". Models on offer: a.');
  });
});

/** The score of an image of the fake backend: a number that its seed decides. */
const scoreOf = (bytes: Uint8Array): number => (JSON.parse(new TextDecoder().decode(bytes)) as CompleteRequest).seed % 1000;

describe("bestOf", () => {
  test("returns every image with its request and score, best first, each scored on its own as it comes", async () => {
    const asked: [string, number][] = [];
    const score: BestOfSettings["score"] = (prompt, images) => {
      asked.push([prompt, images.length]);
      return settings.score(prompt, images);
    };
    const { candidates, saved } = await bestOf(9, { ...settings, score, templates: promptTemplates.slice(0, 3) });
    expect(saved).toBe(0);
    expect(candidates).toHaveLength(9);
    expect(asked).toEqual(new Array(9).fill(["a cat", 1]));
    expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ image }) => scoreOf(image.bytes)));
    expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ score }) => score).sort((a, b) => b - a));
  });

  test("tells its progress with the best so far, and stops when asked to", async () => {
    const controller = new AbortController();
    const told: unknown[] = [];
    const scores = [3, 5, 4, 9];
    const onProgress: BestOfSettings["onProgress"] = (progress) => {
      told.push(progress);
      if (progress.done === 3) controller.abort();
    };
    const score = async () => [scores.shift() ?? 0];
    await expect(bestOf(5, { ...settings, score, onProgress, signal: controller.signal })).rejects.toThrow(/abort/i);
    expect(told).toEqual(
      ["3.000", "5.000", "5.000"].map((best, i) => ({
        done: i + 1,
        total: 5,
        unit: "images",
        note: `best so far: ${best} (${BARE.name})`,
      })),
    );
  });

  test("makes the next image while one is scored, but not when the score decides whether there is a next one", async () => {
    const together = async (patience?: number) => {
      let scoring = 0;
      let most = 0;
      const generate: Backend["generate"] = async (request, options) => {
        await Promise.resolve();
        most = Math.max(most, scoring);
        return settings.backend.generate(request, options);
      };
      const score: BestOfSettings["score"] = async (prompt, images) => {
        scoring++;
        await new Promise(setImmediate);
        scoring--;
        return settings.score(prompt, images);
      };
      await bestOf(4, { ...settings, score, patience, backend: { ...settings.backend, generate } });
      return most;
    };
    expect(await together()).toBe(1);
    expect(await together(0.01)).toBe(0);
  });

  test("with patience stops at the first image after which the expected gain is not above it, and says how many it saved", async () => {
    const scores = Array.from({ length: 40 }, (_, i) => Math.sin(7 * i) * (1 - i / 60));
    const stop = (patience: number) =>
      scores.findIndex((_, i) => {
        const gain = expectedGain(scores.slice(0, i + 1));
        return gain !== null && gain <= patience;
      }) + 1;
    for (const patience of [0.4, 0.01, 0.006, 0.0025]) {
      const left = [...scores];
      const { candidates, saved } = await bestOf(40, { ...settings, patience, score: async () => [left.shift() ?? 0] });
      expect(candidates).toHaveLength(stop(patience));
      expect(saved).toBe(40 - stop(patience));
    }
    expect(stop(0.4)).toBe(FEWEST_SCORES);
    expect(new Set([0.4, 0.01, 0.006, 0.0025].map(stop)).size).toBe(4);
  });

  test("hands the signal to the backend, which may stop in the middle of an image", async () => {
    const controller = new AbortController();
    const generate: Backend["generate"] = (request, options) => {
      controller.abort();
      options?.signal?.throwIfAborted();
      return settings.backend.generate(request, options);
    };
    const of = bestOf(1, { ...settings, backend: { ...settings.backend, generate }, signal: controller.signal });
    await expect(of).rejects.toThrow(/abort/i);
  });

  test.each([
    [{ score: async () => [1, 2] }, "the scorer gave 2 numbers for image 1 of 3; expected one finite number."],
    [{ score: async () => [] }, "the scorer gave 0 numbers for image 1 of 3"],
    [{ score: scorer([1, Number.NaN]) }, "the scorer gave NaN for image 2 of 3"],
    [{ score: scorer([1, 2, Number.POSITIVE_INFINITY]) }, "the scorer gave Infinity for image 3 of 3"],
    [{ patience: 0 }, "patience must be a probability above 0 and below 0.5; got 0."],
    [{ patience: 0.5 }, "got 0.5."],
    [{ patience: Number.NaN }, "got NaN."],
  ])("refuses scores that are missing or no numbers, and a patience out of range: %#", async (wrong, sentence) => {
    await expect(bestOf(3, { ...settings, ...wrong })).rejects.toThrow(sentence);
  });
});

/** Gives these scores, one at a call. */
function scorer(scores: number[]): BestOfSettings["score"] {
  return async () => scores.splice(0, 1);
}
