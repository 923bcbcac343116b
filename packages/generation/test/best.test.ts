/** @file Best of n: the plan, the order, the refusals. */

import { describe, expect, test } from "vitest";
import {
  BARE,
  type Backend,
  type BestOfSettings,
  bestOf,
  type GenerationRequest,
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
  score: async (_prompt, images) =>
    images.map((bytes) => (JSON.parse(new TextDecoder().decode(bytes)) as GenerationRequest).seed % 1000),
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

  test.each([0, -1, 1.5, Number.NaN, 10_001])("refuses n = %d", (n) => {
    expect(() => planBestOf(n, settings)).toThrow(expect.objectContaining({ code: "PICKAPIC_BEST_OF_COUNT" }));
  });

  test("refuses a model that is not on offer, and names those that are", () => {
    expect(() => planBestOf(2, { ...settings, model: "b" })).toThrow('There is no model named "b". Models on offer: a.');
  });
});

describe("bestOf", () => {
  test("returns every image with its request and score, best first", async () => {
    const asked: string[] = [];
    const score: BestOfSettings["score"] = (prompt, images) => {
      asked.push(prompt);
      return settings.score(prompt, images);
    };
    const candidates = await bestOf(9, { ...settings, score, templates: promptTemplates.slice(0, 3) });
    expect(candidates).toHaveLength(9);
    expect(asked).toEqual(["a cat"]);
    expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ request }) => request.seed % 1000));
    expect(candidates.map(({ score }) => score)).toEqual(candidates.map(({ score }) => score).sort((a, b) => b - a));
  });

  test("tells its progress and stops when asked to", async () => {
    const controller = new AbortController();
    const told: unknown[] = [];
    const onProgress: BestOfSettings["onProgress"] = (progress) => {
      told.push(progress);
      if (progress.done === 2) controller.abort();
    };
    await expect(bestOf(5, { ...settings, onProgress, signal: controller.signal })).rejects.toThrow(/abort/i);
    expect(told).toEqual([1, 2].map((done) => ({ done, total: 5, unit: "images", note: BARE.name })));
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
    [[1, 2], "it gave 2, 2 of them finite"],
    [[1, 2, Number.NaN], "it gave 3, 2 of them finite"],
  ])("refuses scores that are missing or not numbers: %j", async (scores, came) => {
    await expect(bestOf(3, { ...settings, score: async () => scores })).rejects.toMatchObject({
      code: "PICKAPIC_BEST_OF_SCORES",
      message: expect.stringContaining(came),
    });
  });
});
