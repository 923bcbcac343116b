/** @file Drawing requests as the original app does. */

import { describe, expect, test } from "vitest";
import { completeRequest, drawRequest, GUIDANCE_RANGE, parsePrompt } from "../src/index.ts";
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
