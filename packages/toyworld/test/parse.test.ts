/** @file Any prompt is read as a scene. */

import { seeded } from "@pickapic/chance";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sampleScene, writeCaption } from "../src/caption.ts";
import type { Scene } from "../src/index.ts";
import { parseCaption } from "../src/parse.ts";
import { COLORS, RELATIONS } from "../src/scene.ts";
import { objects } from "../src/vocabulary.ts";

const NOTHING: Scene = { style: null, things: [], relation: null, background: null };

test("captions of the grammar are read back exactly as they were meant", () => {
  const random = seeded("round trip");
  for (let i = 0; i < 3000; i++) {
    const scene = sampleScene(random);
    const caption = writeCaption(scene, random);
    expect(parseCaption(caption), caption).toEqual(scene);
  }
});

test.each<[string, Partial<Scene>]>([
  [
    "two red apples left of a cat on a blue background",
    {
      things: [
        { object: "apple", count: 2, color: "red" },
        { object: "cat", count: 1, color: null },
      ],
      relation: "left of",
      background: "blue backdrop",
    },
  ],
  ["An ORANGE!", { things: [{ object: "orange", count: 1, color: null }] }],
  ["an orange cat", { things: [{ object: "cat", count: 1, color: "orange" }] }],
  ["3 Kitties", { things: [{ object: "cat", count: 3, color: null }] }],
  ["dogs in winter", { things: [{ object: "dog", count: null, color: null }], background: "snow" }],
  [
    "watercolor painting, a puppy's hat",
    {
      style: "watercolour",
      things: [
        { object: "dog", count: 1, color: null },
        { object: "hat", count: 1, color: null },
      ],
    },
  ],
  ["golden stars over the sea", { things: [{ object: "star", count: null, color: "yellow" }], background: "beach" }],
  ["a hot dog", { things: [{ object: "hot dog", count: 1, color: null }] }],
  ["the feline", { things: [{ object: "cat", count: 1, color: null }] }],
  ["teddy-bear", { things: [{ object: "teddy bear", count: 1, color: null }] }],
  [
    "a cat and a cat and a dog and a cow",
    {
      things: [
        { object: "cat", count: 1, color: null },
        { object: "dog", count: 1, color: null },
      ],
    },
  ],
  ["xyzzy 猫 ⁂", {}],
  ["", {}],
])("%s", (caption, expected) => {
  expect(parseCaption(caption)).toEqual({ ...NOTHING, ...expected });
});

test("a weak word of emojilib counts only where nothing else is named", () => {
  expect(parseCaption("a fruit").things.map(({ object }) => object)).toEqual(["apple"]);
  expect(parseCaption("a fruit and a spoon").things.map(({ object }) => object)).toEqual(["spoon"]);
});

test("words of prompt templates are about the picture and are not drawn", () => {
  const { things } = parseCaption("cinematic photo of a cat . 35mm photograph, film, bokeh, professional, 4k, highly detailed");
  expect(things).toEqual([{ object: "cat", count: 1, color: null }]);
});

describe("any text", () => {
  const objectWords = objects.map(({ word }) => word);
  const words = fc.constantFrom(...objectWords, ...COLORS, ...RELATIONS, "two", "an", "on", "of", "background", "-", "’s", "7");
  const anything = fc.oneof(
    fc.array(fc.integer({ min: 0, max: 0x10ffff })).map((codes) => String.fromCodePoint(...codes)),
    fc.array(words, { maxLength: 12 }).map((list) => list.join(" ")),
  );

  test("is read without an error as at most two known things", () => {
    const known = new Set(objectWords);
    fc.assert(
      fc.property(anything, (text) => {
        const { things, relation } = parseCaption(text);
        const sound = things.every(({ object, count }) => known.has(object) && (count === null || (count >= 1 && count <= 6)));
        return sound && things.length <= 2 && (relation === null || things.length === 2);
      }),
    );
  });
});
