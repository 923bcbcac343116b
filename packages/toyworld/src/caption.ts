/** @file Draws captions from a grammar, like those that people of the toy world write. */

import { pick, type Random } from "@pickapic/chance";
import {
  BACKDROPS,
  type Background,
  COLORS,
  colorOf,
  isScenery,
  RELATIONS,
  SCENERIES,
  type Scene,
  type Scenery,
  STYLES,
  type Style,
  type Thing,
} from "./scene.ts";
import { drawObject, objectOf } from "./vocabulary.ts";

/** How often a caption mentions each kind of demand, 0...1. */
const SHARES = { style: 0.4, color: 0.6, several: 0.35, second: 0.6, background: 0.7, backdrop: 0.45 };

const NUMBERS = ["", "a", "two", "three", "four", "five", "six"];
/** The phrases for a style, all equally likely. Short forms are among them, so that small models see them often. */
const STYLE_WORDS: Readonly<Record<Style, readonly string[]>> = {
  flat: ["a flat illustration of", "flat art of"],
  watercolour: ["a watercolour painting of", "a watercolour of"],
};
const SCENERY_WORDS: Readonly<Record<Scenery, readonly string[]>> = {
  meadow: ["on a meadow", "in a green meadow"],
  beach: ["on a beach", "by the sea"],
  night: ["at night", "under a starry sky"],
  room: ["in a room", "in a cosy room"],
  desert: ["in the desert", "among sand dunes"],
  snow: ["in the snow", "on a snowy mountain"],
};

/** Draws a caption, such as "two red apples left of a cat on a blue background". */
export function sampleCaption(random: Random): string {
  return writeCaption(sampleScene(random), random);
}

/** Draws what a caption asks for. Common objects are more frequent: the probability falls as 1 / sqrt(rank). */
export function sampleScene(random: Random): Scene {
  const style = random() < SHARES.style ? pick(random, STYLES) : null;
  const first = sampleThing(random, null);
  const things = random() < SHARES.second ? [first, sampleThing(random, first.object)] : [first];
  const relation = things.length === 2 ? pick(random, RELATIONS) : null;
  return { style, things, relation, background: sampleBackground(random) };
}

function sampleThing(random: Random, other: string | null): Thing {
  let object = drawObject(random);
  while (object === other) object = drawObject(random);
  const count = random() < SHARES.several ? 2 + Math.floor(3 * random()) : 1;
  return { object, count, color: random() < SHARES.color ? pick(random, COLORS) : null };
}

function sampleBackground(random: Random): Background | null {
  if (random() >= SHARES.background) return null;
  return random() < SHARES.backdrop ? pick(random, BACKDROPS) : pick(random, SCENERIES);
}

/** Writes a sentence that asks for exactly this scene; `parseCaption` reads it back. */
export function writeCaption({ style, things, relation, background }: Scene, random: Random): string {
  const nouns = things.map(writeThing).join(relation ? ` ${relation} ` : " and ");
  const phrases = [style ? pick(random, STYLE_WORDS[style]) : "", nouns, background ? writeBackground(background, random) : ""];
  return phrases.filter(Boolean).join(" ");
}

function writeThing({ object, count, color }: Thing): string {
  const { plural } = objectOf(object);
  const noun = [color ?? "", count === 1 ? object : plural].filter(Boolean).join(" ");
  if (count === null) return noun;
  return `${count === 1 ? article(noun) : NUMBERS[count]} ${noun}`;
}

function article(noun: string): string {
  return /^([aeio]|umb)/.test(noun) ? "an" : "a";
}

function writeBackground(background: Background, random: Random): string {
  if (isScenery(background)) return pick(random, SCENERY_WORDS[background]);
  const color = colorOf(background);
  return `on ${article(color)} ${color} background`;
}
