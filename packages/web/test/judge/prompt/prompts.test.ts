import { drawRequest, parsePrompt } from "@pickapic/generation";
import { renderImage, toyBackend } from "@pickapic/toyworld";
import fc from "fast-check";
import { expect, test } from "vitest";
import { drawPrompt, drawPrompts } from "../../../src/judge/prompt/prompts.ts";

/** A small generator of numbers in [0, 1), the same ones each time (Park and Miller). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

test("suggestions change: hundreds of draws are hundreds of prompts", () => {
  const random = randomFrom(7);
  const drawn = Array.from({ length: 400 }, () => drawPrompt(random));
  expect(new Set(drawn).size).toBeGreaterThan(390);
});

test("several suggestions are different ones, and none is the prompt that is already there", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 2 }), (seed) => {
      const there = drawPrompt(randomFrom(seed));
      const prompts = drawPrompts(5, randomFrom(seed), there);
      expect(new Set(prompts).size).toBe(5);
      expect(prompts).not.toContain(there);
    }),
    { numRuns: 50 },
  );
});

test("the toy world draws each of them whole", async () => {
  const random = randomFrom(11);
  const backends = [toyBackend()];
  for (let draw = 0; draw < 150; draw++) {
    const request = drawRequest(parsePrompt(drawPrompt(random)), backends, random);
    const { warnings } = await renderImage({ ...request, width: 16, height: 16 });
    expect([request.prompt, warnings]).toEqual([request.prompt, []]);
  }
});

test("a generator that goes beyond its range is told so", () => {
  expect(() => drawPrompt(() => 1)).toThrow(/numbers in \[0, 1\)/);
});
