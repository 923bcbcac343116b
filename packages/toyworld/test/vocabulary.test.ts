/** @file The list of objects and what is derived from it. */

import { expect, test } from "vitest";
import bodies from "../src/icons.gen.json" with { type: "json" };
import { iconBodies, makeVocabulary } from "../src/make-vocabulary.ts";
import entries from "../src/vocabulary.gen.json" with { type: "json" };
import { objectOf, objects, pluralOf } from "../src/vocabulary.ts";

test("vocabulary.gen.json is what make-vocabulary.ts makes of objects.ts, the icons and emojilib", async () => {
  expect(await makeVocabulary()).toEqual(entries);
});

test("icons.gen.json has the drawings of the icon set, of every object and of no other", () => {
  expect(bodies).toEqual(iconBodies(entries.map(({ icon }) => icon)));
});

test("no two objects share a word, a plural or a picture", () => {
  expect(new Set(objects.flatMap(({ word, plural }) => [...new Set([word, plural])])).size).toBe(
    objects.reduce((sum, { word, plural }) => sum + (word === plural ? 1 : 2), 0),
  );
  expect(new Set(objects.map(({ icon }) => icon)).size).toBe(objects.length);
});

test.each([
  ["cat", "cats"],
  ["cherry", "cherries"],
  ["fox", "foxes"],
  ["monkey", "monkeys"],
  ["pair of jeans", "pairs of jeans"],
  ["loaf of bread", "loaves of bread"],
  ["bow and arrow", "bow and arrows"],
  ["police officer", "police officers"],
  ["computer mouse", "computer mice"],
  ["tomato", "tomatoes"],
])("the plural of %s is %s", (one, many) => {
  expect(pluralOf(one)).toBe(many);
});

test("a word that is no object is a bug of the caller, and says so", () => {
  expect(() => objectOf("gryphon")).toThrow(/got "gryphon"/);
});
