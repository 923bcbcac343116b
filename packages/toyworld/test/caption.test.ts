/** @file The grammar of captions says everything that the toy world can show. */

import { seeded } from "@pickapic/chance";
import { expect, test } from "vitest";
import { sampleScene } from "../src/caption.ts";
import { sampleCaption, writeCaption } from "../src/index.ts";
import { BACKGROUNDS, COLORS, RELATIONS, STYLES } from "../src/scene.ts";
import { objects } from "../src/vocabulary.ts";

const objectWords = objects.map(({ word }) => word);

test("there are at least 300 objects, 8 colours, 4 relations, 6 backgrounds and 2 styles, and captions use them all", () => {
  const random = seeded("all");
  const scenes = Array.from({ length: 20_000 }, () => sampleScene(random));
  const used = (values: readonly (string | null)[]) => new Set(values.filter((value) => value !== null)).size;
  const things = scenes.flatMap((scene) => scene.things);
  expect(objectWords.length).toBeGreaterThanOrEqual(300);
  expect(used(things.map(({ object }) => object))).toBe(objectWords.length);
  expect(used(things.map(({ color }) => color))).toBe(COLORS.length);
  expect(used(scenes.map(({ relation }) => relation))).toBe(RELATIONS.length);
  expect(used(scenes.map(({ background }) => background))).toBe(BACKGROUNDS.length);
  expect(used(scenes.map(({ style }) => style))).toBe(STYLES.length);
  expect([COLORS.length >= 8, RELATIONS.length, BACKGROUNDS.length >= 6, STYLES.length]).toEqual([true, 4, true, 2]);
});

test("a caption is a sentence with its articles and plurals right", () => {
  const scene = {
    style: "watercolour" as const,
    things: [
      { object: "goose", count: 3, color: null },
      { object: "owl", count: 1, color: "orange" as const },
    ],
    relation: "above" as const,
    background: "orange backdrop" as const,
  };
  expect(writeCaption(scene, () => 0)).toBe("a watercolour painting of three geese above an orange owl on an orange background");
  expect(writeCaption({ ...scene, style: null, relation: null, background: null }, () => 0)).toBe(
    "three geese and an orange owl",
  );
});

test("the same stream gives the same captions, another stream others", () => {
  const ten = (name: string) => {
    const random = seeded(name);
    return Array.from({ length: 10 }, () => sampleCaption(random));
  };
  expect(ten("a")).toEqual(ten("a"));
  expect(ten("a")).not.toEqual(ten("b"));
});
