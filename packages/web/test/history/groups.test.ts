import type { HistoryItem } from "@pickapic/server/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fileNameFor, groupByPrompt } from "../../src/history/groups.ts";

test("neighbours of one round are one group, and no answer is lost or moved", () => {
  const items = ["a", "a", "b", "a"].map((round, ranking) => ({ prompt: `prompt ${round}`, round, ranking }) as HistoryItem);
  expect(groupByPrompt(items).map(({ round, prompt, key, items: { length } }) => [round, prompt, key, length])).toEqual([
    ["a", "prompt a", 0, 2],
    ["b", "prompt b", 2, 1],
    ["a", "prompt a", 3, 1],
  ]);
  expect(groupByPrompt(items).flatMap((group) => group.items)).toEqual(items);
});

test("file names hold no separators and are not empty", () => {
  expect(fileNameFor("A cat, at night!", { model: "toy-xl", seed: 7 })).toBe("a-cat-at-night-toy-xl-7.jpg");
  fc.assert(
    fc.property(fc.string(), fc.string(), (prompt, model) => {
      expect(fileNameFor(prompt, { model, seed: 1 })).toMatch(/^[^/\\:*?"<>|\s]+-1\.jpg$/u);
    }),
  );
});
