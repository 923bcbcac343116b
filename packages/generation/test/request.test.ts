/** @file Drawing requests as the original app does. */

import { describe, expect, test } from "vitest";
import { type Backend, completeRequest, drawImage, drawRequest, GUIDANCE_RANGE, parsePrompt } from "../src/index.ts";
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
    const drawn = Array.from({ length: 6000 }, () => completeRequest(drawRequest(prompt, backends, random)));
    for (const model of ["a", "b", "c"])
      expect(drawn.filter((request) => request.model === model).length / 6000).toBeCloseTo(1 / 3, 1);
    const guidance = drawn.map((request) => request.guidanceScale);
    expect(Math.min(...guidance)).toBeGreaterThanOrEqual(GUIDANCE_RANGE[0]);
    expect(Math.max(...guidance)).toBeLessThan(GUIDANCE_RANGE[1]);
    expect(guidance.filter((g) => g < 7.5).length / 6000).toBeCloseTo(0.5, 1);
    expect(drawn.every(({ seed }) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 31)).toBe(true);
    expect(new Set(drawn.map(({ seed }) => seed)).size).toBeGreaterThan(5990);
  });

  test("says that no generator is set up when there is none", () => {
    expect(() => drawRequest(prompt, [], seeded(1))).toThrow(expect.objectContaining({ code: "PICKAPIC_MODELS_NONE" }));
  });
});

describe("drawImage with models that rest", () => {
  const weighted = ["a", "b", "c"].map((name, i): Backend => {
    const backend = fakeBackend(name, [name]);
    return { ...backend, models: backend.models.map((model) => ({ ...model, weight: 2 ** i })) };
  });
  const shares = (resting: string, closed = "") => {
    const random = seeded(3);
    const not = { isResting: (model: string) => resting.includes(model), isClosed: (model: string) => closed.includes(model) };
    const drawn = Array.from({ length: 4000 }, () => drawImage(prompt, weighted, random, not)!);
    return ["a", "b", "c"].map((model) => {
      const of = drawn.filter(({ request }) => request.model === model);
      return { share: of.length / 4000, said: of[0]?.probability ?? 0 };
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
        expect(Math.abs(share - expected[i]!)).toBeLessThan(0.03);
      }
    },
  );
});
