/** @file What the n images of a ranked entry are asked for: the same draws as those of its model. */
import { seeded } from "@pickapic/chance";
import { expect, test } from "vitest";
import { type Backend, type BackendModel, planRanked, rankedModel, withoutRanked, withRanked } from "../../src/index.ts";

const styled = [
  { name: "oil", prompt: "an oil painting of {prompt}", negativePrompt: "photo" },
  { name: "ink", prompt: "{prompt} in ink", negativePrompt: "" },
];
const MODEL: BackendModel = {
  name: "flux",
  steps: 8,
  scheduler: null,
  width: 64,
  height: 64,
  guidance: [3, 5],
  templates: styled,
};
const backendOf = (models: readonly BackendModel[]): Backend => ({
  name: "any",
  simulated: false,
  models,
  generate: () => Promise.reject(),
});
const request = {
  prompt: "a cat",
  negativePrompt: "fog",
  model: "flux (best of 40)",
  seed: 7,
  guidanceScale: 4,
  steps: 8,
  width: 64,
  height: 64,
};

test("each image is drawn as those of the model are; the first has the request's seed and guidance scale, and all follow from the seed", () => {
  const entry = rankedModel(MODEL, { n: 40 });
  expect(entry.templates).toBeUndefined();
  const plan = (seed: number, given = 1) =>
    planRanked(
      { ...request, seed },
      backendOf([{ ...MODEL, weight: 0 }]),
      entry.ranked ?? { base: "", n: 0 },
      seeded("a", given),
    );
  const planned = plan(7);
  expect(plan(7, 2), "whatever else is drawn").toEqual(planned);
  expect(
    planned.slice(0, 3).map((each) => each.request.seed),
    "as in earlier versions",
  ).toEqual([7, 2027751234, 1290455414]);
  expect(plan(8)).not.toEqual(planned);
  expect(planned).toHaveLength(40);
  expect(planned[0]?.request).toMatchObject({ model: "flux", seed: 7, guidanceScale: 4 });
  expect(new Set(planned.map((each) => each.request.seed)).size).toBe(40);
  for (const {
    template,
    request: { prompt, negativePrompt, guidanceScale },
  } of planned) {
    expect(guidanceScale).toBeGreaterThanOrEqual(3);
    expect(guidanceScale).toBeLessThanOrEqual(5);
    expect([prompt, negativePrompt]).toEqual(
      template === "oil" ? ["an oil painting of a cat", "photo, fog"] : ["a cat in ink", "fog"],
    );
  }
  expect(new Set(planned.map(({ template }) => template)).size).toBe(2);
});

test("templates of the entry are taken in turn instead of the model's own", () => {
  const templates = ["a", "b", "c"].map((name) => ({ name, prompt: `${name}: {prompt}`, negativePrompt: "" }));
  const planned = planRanked(request, backendOf([MODEL]), { base: "flux", n: 5, templates }, Math.random);
  expect(planned.map((each) => each.request.prompt)).toEqual(["a: a cat", "b: a cat", "c: a cat", "a: a cat", "b: a cat"]);
});

test("a backend has its ranked entries beside its models, and not where images are not picked", () => {
  const both = withRanked(backendOf([MODEL]), { n: 4, scorer: "random" });
  expect(both.models.map(({ name, ranked }) => [name, ranked?.n, ranked?.scorer])).toEqual([
    ["flux", undefined, undefined],
    ["flux (best of 4)", 4, "random"],
  ]);
  expect(withoutRanked(both).models).toEqual([MODEL]);
});

test("a request without a seed or a negative prompt draws from the generator that is given, and adds nothing to what is kept away", () => {
  const bare = { ...MODEL, templates: undefined, guidance: null } satisfies BackendModel;
  const of = (seed: number) =>
    planRanked(
      { ...request, seed: null, negativePrompt: null, guidanceScale: null },
      backendOf([bare]),
      { base: "flux", n: 3 },
      seeded("r", seed),
    );
  expect(of(1)).toEqual(of(1));
  expect(of(1).map((each) => each.request.seed)).not.toEqual(of(2).map((each) => each.request.seed));
  for (const [i, planned] of of(1).entries()) {
    expect(planned).toMatchObject({ template: "bare", request: { prompt: "a cat", negativePrompt: "", guidanceScale: null } });
    expect(typeof planned.request.seed).toBe(i === 0 ? "object" : "number");
  }
});

test("an entry has the title of its model with what it is, unless it has a name of its own, and the weight that is asked for", () => {
  const titled = { ...MODEL, title: "Flux" };
  const told = [
    rankedModel(MODEL, { n: 4 }),
    rankedModel(titled, { n: 4 }),
    rankedModel(titled, { n: 4, name: "picked", weight: 3 }),
  ];
  expect(told.map(({ name, title, weight }) => [name, title, weight])).toEqual([
    ["flux (best of 4)", undefined, 1],
    ["flux (best of 4)", "Flux (best of 4)", 1],
    ["picked", undefined, 3],
  ]);
});
