/** @file The words of the toy world: its objects, their plurals and synonyms. */

import { pick, type Random } from "@pickapic/chance";
import type { FillShare } from "./colors.ts";
import type { Color } from "./scene.ts";
import { COLORS } from "./scene.ts";
import entries from "./vocabulary.gen.json" with { type: "json" };

/** An object that a caption can name and an image can show. */
export interface ToyObject {
  word: string;
  plural: string;
  /** Name of the icon in @iconify-json/fluent-emoji-flat. */
  icon: string;
  synonyms: readonly string[];
  /** Weaker words, from emojilib: they count only if a caption names nothing else. */
  keywords: readonly string[];
  /** The colour word closest to the icon's own colours. */
  natural: Color;
  /** The visible box of the icon: left, top, right, bottom, in units of its 32 x 32 box. */
  box: readonly [number, number, number, number];
  fills: readonly FillShare[];
}

/** Irregular plurals. */
const IRREGULAR: Record<string, string> = {
  mouse: "mice",
  goose: "geese",
  ox: "oxen",
  sheep: "sheep",
  fish: "fish",
  goldfish: "goldfish",
  salmon: "salmon",
  trout: "trout",
  deer: "deer",
  moose: "moose",
  bison: "bison",
  squid: "squid",
  shrimp: "shrimp",
  wolf: "wolves",
  elf: "elves",
  leaf: "leaves",
  knife: "knives",
  loaf: "loaves",
  scarf: "scarves",
  man: "men",
  woman: "women",
  spaceman: "spacemen",
  fireman: "firemen",
  policeman: "policemen",
  snowman: "snowmen",
  dice: "dice",
  aircraft: "aircraft",
  spacecraft: "spacecraft",
  cactus: "cacti",
  octopus: "octopuses",
  bus: "buses",
  gas: "gases",
  radio: "radios",
  video: "videos",
  piano: "pianos",
  kangaroo: "kangaroos",
  flamingo: "flamingos",
  taco: "tacos",
  burrito: "burritos",
  avocado: "avocados",
  dodo: "dodos",
  "yo-yo": "yo-yos",
  rhino: "rhinos",
  hippo: "hippos",
  dino: "dinos",
};

/** "apple" -> "apples", "pair of jeans" -> "pairs of jeans", "bow and arrow" -> "bow and arrows", "goose" -> "geese". */
export function pluralOf(name: string): string {
  const of = name.indexOf(" of ");
  if (of > 0) return pluralOf(name.slice(0, of)) + name.slice(of);
  const space = name.lastIndexOf(" ");
  const last = name.slice(space + 1);
  return name.slice(0, space + 1) + (IRREGULAR[last] ?? regular(last));
}

function regular(word: string): string {
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(tomato|potato|mango)$/.test(word) ? `${word}es` : `${word}s`;
}

type Entry = (typeof entries)[number];

/** All objects, most common first. */
export const objects: readonly ToyObject[] = entries.map((entry) => ({
  ...entry,
  plural: pluralOf(entry.word),
  natural: naturalOf(entry),
  box: boxOf(entry),
  fills: entry.fills.map((fill) => fillOf(entry, fill)),
}));

function naturalOf(entry: Entry): Color {
  return COLORS.find((color) => color === entry.natural) ?? broken(entry, "natural is one of the colours");
}

function boxOf(entry: Entry): ToyObject["box"] {
  const [left, top, right, bottom] = entry.box;
  if (left === undefined || top === undefined || right === undefined || bottom === undefined)
    return broken(entry, "box is four numbers");
  return [left, top, right, bottom];
}

function fillOf(entry: Entry, [fill, share]: Entry["fills"][number]): FillShare {
  return typeof fill === "string" && typeof share === "number" ? [fill, share] : broken(entry, "fills are colours and shares");
}

function broken({ word }: Entry, rule: string): never {
  throw new Error(`vocabulary.gen.json: ${word}: expected that ${rule}: write the file anew with make-vocabulary.ts`);
}

/** Draws the word of an object. Common objects are more frequent: the probability falls as 1 / sqrt(rank). */
export function drawObject(random: Random): string {
  return pick(() => random() ** 2, objects).word;
}

const byWord = new Map(objects.map((object) => [object.word, object]));

/** Returns the object called exactly `word`. An unknown word is a bug of the caller. */
export function objectOf(word: string): ToyObject {
  const object = byWord.get(word);
  if (!object) throw new Error(`objectOf: expected one of the ${objects.length} words of the vocabulary; got "${word}"`);
  return object;
}
