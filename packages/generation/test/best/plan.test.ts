/** @file The plan of a best of n: templates, seeds and settings of each image, and what is refused before one is made. */

import { describe, expect, test } from "vitest";
import { type BackendModel, type BestOfPlan, parsePrompt, planBestOf, promptTemplates } from "../../src/index.ts";
import { fakeBackend, seeded } from "../toys.ts";

const settings: BestOfPlan = {
  prompt: parsePrompt("a cat [dog]"),
  backend: fakeBackend("toy", ["a"]),
  model: "a",
  random: seeded(1),
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

describe("planBestOf with the settings of a model", () => {
  const offering = (model: Partial<BackendModel>): BestOfPlan => ({
    ...settings,
    backend: { ...settings.backend, models: [{ ...settings.backend.models[0]!, ...model }] },
  });
  const scales = (model: Partial<BackendModel>) => planBestOf(2, offering(model)).map(({ request }) => request.guidanceScale);
  const pictures = { prompts: ["a cat"], of: (prompt: string) => (prompt === "a cat" ? [4, 9, 11] : []) };

  test("takes the middle of a range without 7.5, the templates of the model, and null for what the model lacks", () => {
    expect([scales({ guidance: [1, 4] }), scales({ guidance: [3.5, 3.5] }), scales({ guidance: null })]).toEqual([
      [2.5, 2.5],
      [3.5, 3.5],
      [null, null],
    ]);
    const [first] = planBestOf(1, offering({ templates: promptTemplates.slice(1, 2), hasSeed: false, hasNegativePrompt: false }));
    expect(first).toMatchObject({ template: promptTemplates[1]?.name, request: { seed: null, negativePrompt: null } });
  });

  test.each<[what: string, scale: number, model: Partial<BackendModel>, asked?: Partial<BestOfPlan>]>([
    ["7.5 where a range begins or ends there", 7.5, { guidance: [7.5, 12] }],
    ["7.5 where a range ends there", 7.5, { guidance: [3, 7.5] }],
    ["the one that is asked for", 4, { guidance: [3, 12] }, { guidanceScale: 4 }],
  ])("takes %s", (_what, scale, model, asked = {}) => {
    expect(planBestOf(1, { ...offering(model), ...asked })[0]?.request.guidanceScale).toBe(scale);
  });

  test("takes the model's templates where a list of none is asked for, and as many images as a day's limit allows", () => {
    const [first] = planBestOf(4, {
      ...offering({ templates: promptTemplates.slice(1, 2), perDay: { images: 4, reason: "4 images" } }),
      templates: [],
    });
    expect(first?.template).toBe(promptTemplates[1]?.name);
  });

  test("of pictures that were made earlier takes those of the prompt, all of them if need be", () => {
    expect(planBestOf(2, offering({ pictures })).map(({ request }) => request.picture)).toEqual([4, 9]);
    expect(
      planBestOf(3, offering({ pictures })).map(({ request, template }) => [request.picture, request.prompt, template]),
    ).toEqual([4, 9, 11].map((picture) => [picture, "a cat", "bare"]));
  });

  test("of pictures that were made earlier makes none in a template's style", () => {
    const asked = { ...offering({ pictures }), templates: promptTemplates.slice(0, 1) };
    expect(() => planBestOf(2, asked)).toThrow("3 of this prompt, and none with a template; 2 were asked for.");
  });

  test.each<[Partial<BackendModel>, Partial<BestOfPlan>, string]>([
    [{ guidance: [1, 4] }, { guidanceScale: 4.5 }, 'Model "a": expected a guidance scale from 1 to 4; got 4.5.'],
    [{ guidance: null }, { guidanceScale: 4.5 }, 'Model "a" has no guidance scale, so it cannot be set to 4.5: leave it out.'],
    [
      { perDay: { images: 3, reason: "0.30, the price of 3 images" } },
      {},
      "(0.30, the price of 3 images), and 4 images were asked for",
    ],
    [{ pictures }, {}, "3 of this prompt, and none with a template; 4 were asked for."],
  ])("refuses %j", (model, asked, sentence) => {
    expect(() => planBestOf(4, { ...offering(model), ...asked })).toThrow(sentence);
  });
});
