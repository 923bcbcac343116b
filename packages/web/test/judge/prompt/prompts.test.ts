import { drawRequest, parsePrompt } from "@pickapic/generation";
import { renderImage, toyBackend } from "@pickapic/toyworld";
import fc from "fast-check";
import { expect, test } from "vitest";
import { drawPrompt, drawPrompts, drawSome } from "../../../src/judge/prompt/prompts.ts";

/** A small generator of numbers in [0, 1), the same ones each time (Park and Miller). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Gives these numbers in turn, and fails where one more is asked for. */
function scripted(numbers: readonly number[]): () => number {
  const left = [...numbers];
  return () => left.shift() ?? expect.unreachable("more numbers are drawn than the test knows");
}

test.each([
  ["a fox", [0, 0.6, 0.35, 0.75, 0.4, 0.65]],
  ["an octopus", [0.25, 0.6, 0.35, 0.75, 0.4, 0.65]],
  ["a unicorn", [0.35, 0.6, 0.35, 0.75, 0.4, 0.65]],
  ["an umbrella", [0.73, 0.6, 0.35, 0.75, 0.4, 0.65]],
  ["a red umbrella", [0.73, 0.6, 0.35, 0.75, 0.4, 0.64, 0]],
  ["an orange umbrella", [0.73, 0.6, 0.35, 0.75, 0.4, 0.64, 0.1]],
  ["four snowmen", [0.99, 0.6, 0.35, 0.75, 0.39, 0.65, 0.99]],
  ["a fox below a cat", [0, 0.59, 0.99, 0, 0.4, 0.65, 0.35, 0.75, 0.4, 0.65]],
  ["a cat left of a fox", [0.03, 0.59, 0, 0, 0.4, 0.65, 0.35, 0.75, 0.4, 0.65]],
  ["a flat illustration of a fox", [0, 0.6, 0.34, 0.99, 0.75, 0.4, 0.65]],
  ["a fox on a meadow", [0, 0.6, 0.35, 0.74, 0, 0.4, 0.65]],
  [
    "a watercolour of two red foxes left of three orange cats on a pink background",
    [0, 0.59, 0, 0, 0.39, 0.64, 0.1, 0.5, 0.34, 0, 0.74, 0.99, 0.39, 0.64, 0, 0],
  ],
])("%s: each part is there below its share and picked from its list", (prompt, numbers) => {
  expect(drawPrompt(scripted(numbers))).toBe(prompt);
});

test("some of the operator's prompts are drawn, each once, and without the one that is already there", () => {
  const list = ["a", "b", "c"];
  expect(drawSome(list, 2, () => 0)).toEqual(["a", "b"]);
  expect(drawSome(list, 2, () => 0.99)).toEqual(["c", "b"]);
  expect(drawSome(list, 9, () => 0, "b")).toEqual(["a", "c"]);
  expect(
    drawSome(["a"], 2, () => 0, "a"),
    "nothing else is there",
  ).toEqual(["a"]);
  expect(drawSome([], 2, () => 0)).toEqual([]);
  expect(list).toEqual(["a", "b", "c"]);
  const only = ["a"];
  drawSome(only, 1, () => 0, "a");
  expect(only, "the list stays whole").toEqual(["a"]);
});

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
