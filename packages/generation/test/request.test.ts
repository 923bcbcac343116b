/** @file Drawing requests as the original app does. */

import { describe, expect, test } from "vitest";
import {
  type Backend,
  type BackendModel,
  completeRequest,
  drawImage,
  drawRequest,
  GUIDANCE_RANGE,
  parsePrompt,
} from "../src/index.ts";
import { checkGuidance } from "../src/request.ts";
import { fakeBackend, seeded } from "./toys.ts";

const prompt = parsePrompt("a cat [dog]");
const backends = [fakeBackend("one", ["a", "b"]), fakeBackend("two", ["c"])];

describe("drawRequest", () => {
  test("takes the model's size and steps and the prompt as parsed", () => {
    const request = drawRequest(prompt, backends, seeded(1));
    expect(request).toMatchObject({ prompt: "a cat", negativePrompt: "dog", steps: 20, width: 64, height: 48 });
  });

  test("draws every model of every backend equally often, guidance uniform in [3, 12] and seeds over their whole range", () => {
    const random = seeded(2);
    const drawn = Array.from({ length: 1500 }, () => completeRequest(drawRequest(prompt, backends, random)));
    for (const model of ["a", "b", "c"])
      expect(drawn.filter((request) => request.model === model).length / 1500).toBeCloseTo(1 / 3, 1);
    const guidance = drawn.map((request) => request.guidanceScale);
    expect(Math.min(...guidance)).toBeGreaterThanOrEqual(GUIDANCE_RANGE[0]);
    expect(Math.max(...guidance)).toBeLessThan(GUIDANCE_RANGE[1]);
    expect(guidance.filter((g) => g < 7.5).length / 1500).toBeCloseTo(0.5, 1);
    expect(drawn.every(({ seed }) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
    expect(new Set(drawn.map(({ seed }) => seed)).size).toBeGreaterThan(1490);
  });

  test("says that no generator is set up when there is none", () => {
    expect(() => drawRequest(prompt, [], seeded(1))).toThrow(expect.objectContaining({ code: "PICKAPIC_MODELS_NONE" }));
  });
});

describe("drawImage", () => {
  const fake = fakeBackend("one", ["m"]);
  const backendOf = (...models: Partial<BackendModel>[]): Backend => ({
    ...fake,
    models: models.map((model, i) => ({ ...fake.models[0]!, name: `m${i}`, ...model })),
  });
  /** Gives these numbers in turn, the last one again and again. */
  const given = (...numbers: number[]) => {
    let at = 0;
    return () => numbers[Math.min(at++, numbers.length - 1)] ?? 0;
  };
  const drawn = (models: Partial<BackendModel>[], random: () => number, not = {}) =>
    drawImage(prompt, [backendOf(...models)], random, not);

  test.each([
    [[{}, {}], 0.5, "m1"],
    [[{}, {}], 0.49, "m0"],
    [[{}, {}, {}], 1, "m2"],
    [[{ weight: 3 }, {}], 0.74, "m0"],
    [[{ weight: 0 }, {}], 0, "m1"],
    [[{ weight: 0 }], 0, undefined],
  ])("of the models %j at %d is %s", (models, position, model) => {
    expect(drawn(models, given(position))?.request.model).toBe(model);
  });

  test.each<[Partial<BackendModel>, object]>([
    [{}, { guidanceScale: 7.5, seed: 2 ** 30, prompt: "a cat", negativePrompt: "dog" }],
    [{ guidance: [1, 2] }, { guidanceScale: 1.5 }],
    [{ guidance: null }, { guidanceScale: null }],
    [
      { hasSeed: false, hasNegativePrompt: false },
      { seed: null, negativePrompt: null },
    ],
    [
      { hasSeed: true, hasNegativePrompt: true },
      { seed: 2 ** 30, negativePrompt: "dog" },
    ],
  ])("of a model with %j has %j", (model, expected) => {
    const request = drawn([model], given(0.5))?.request;
    expect(request).toMatchObject(expected);
    expect(request).not.toHaveProperty("picture");
  });

  test("takes one of the templates of its model; a model without any takes no random number for it", () => {
    const templates = ["x", "y"].map((name) => ({ name, prompt: `${name} of {prompt}`, negativePrompt: name }));
    const worded = (at: number) => drawn([{ templates }], given(0, at, 0.25))?.request;
    expect(worded(0.49)).toMatchObject({ prompt: "x of a cat", negativePrompt: "x, dog", guidanceScale: 5.25 });
    expect(worded(0.5)).toMatchObject({ prompt: "y of a cat", negativePrompt: "y, dog" });
    expect(drawn([{}], given(0, 0.25, 0.5))?.request).toMatchObject({ guidanceScale: 5.25, seed: 2 ** 30 });
  });

  test("of pictures that were made earlier takes one of this prompt that was not shown", () => {
    const pictures = { prompts: ["a cat"], of: (asked: string) => (asked === "a cat" ? [4, 5, 6] : []) };
    const not = { isShown: (model: string, picture: number) => model === "m0" && picture === 5 };
    const pictureAt = (at: number, rest = {}) => drawn([{ pictures }], given(0, 0, 0, at), rest)?.request.picture;
    expect([pictureAt(0), pictureAt(0.4), pictureAt(0.99)]).toEqual([4, 5, 6]);
    expect([pictureAt(0, not), pictureAt(0.5, not)]).toEqual([4, 6]);
    expect(drawn([{ pictures }], given(0), { isShown: () => true })).toBeNull();
    expect(drawn([{ pictures: { prompts: [], of: () => [] } }], given(0))).toBeNull();
  });
});

test.each<[BackendModel["guidance"], number, string | null]>([
  [undefined, 3, null],
  [undefined, 12, null],
  [[1, 2], 1.5, null],
  [[1, 2], 0.99, "from 1 to 2; got 0.99"],
  [[1, 2], 2.01, "from 1 to 2; got 2.01"],
  [[1, 2], Number.NaN, "from 1 to 2; got NaN"],
  [null, 7, 'Model "m" has no guidance scale, so it cannot be set to 7'],
])("a model whose guidance is %j takes %d, or says: %s", (guidance, scale, said) => {
  const check = () => checkGuidance({ name: "m", steps: null, scheduler: null, width: null, height: null, guidance }, scale);
  if (said === null) expect(check).not.toThrow();
  else expect(check).toThrow(said);
});

describe("drawImage with models that rest", () => {
  const weighted = ["a", "b", "c"].map((name, i): Backend => {
    const backend = fakeBackend(name, [name]);
    return { ...backend, models: backend.models.map((model) => ({ ...model, weight: 2 ** i })) };
  });
  const shares = (resting: string, closed = "") => {
    const random = seeded(3);
    const not = { isResting: (model: string) => resting.includes(model), isClosed: (model: string) => closed.includes(model) };
    const drawn = Array.from({ length: 1000 }, () => drawImage(prompt, weighted, random, not)!);
    return ["a", "b", "c"].map((model) => {
      const of = drawn.filter(({ request }) => request.model === model);
      return { share: of.length / 1000, said: of[0]?.probability ?? 0 };
    });
  };

  test.each([
    ["", "", [1 / 7, 2 / 7, 4 / 7]],
    ["c", "", [1 / 3, 2 / 3, 0]],
    ["ab", "", [0, 0, 1]],
    ["abc", "", [1 / 7, 2 / 7, 4 / 7]],
    ["ab", "c", [1 / 3, 2 / 3, 0]],
  ])(
    "of those that rest (%s) and those that are closed (%s) draws the others, with the probability that it says",
    (resting, closed, expected) => {
      for (const [i, { share, said }] of shares(resting, closed).entries()) {
        expect(said).toBeCloseTo(expected[i]!, 12);
        expect(Math.abs(share - expected[i]!)).toBeLessThan(0.05);
      }
    },
  );
});
