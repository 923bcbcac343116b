/** @file Reads any prompt as a scene. Words that the toy world knows are drawn, all others are ignored. */

import {
  type Background,
  backdropOf,
  COLORS,
  type Color,
  RELATIONS,
  type Relation,
  SCENERIES,
  type Scene,
  type Scenery,
  STYLES,
  type Style,
  type Thing,
} from "./scene.ts";
import { objects, pluralOf } from "./vocabulary.ts";

type Token =
  | { kind: "object"; object: string; many: boolean; weak: boolean; color: Color | null }
  | { kind: "color"; color: Color }
  | { kind: "number"; count: number | null }
  | { kind: "relation"; relation: Relation }
  | { kind: "background"; background: Background }
  | { kind: "style"; style: Style };

const NUMBER_WORDS: Record<string, number | null> = {
  a: 1,
  an: 1,
  one: 1,
  single: 1,
  lone: 1,
  two: 2,
  couple: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  "half dozen": 6,
  several: null,
  some: null,
  many: null,
  few: null,
  "1": 1,
  "2": 2,
  "3": 3,
  "4": 4,
  "5": 5,
  "6": 6,
};

const COLOR_WORDS: Record<Color, string> = {
  red: "red, crimson, scarlet, ruby red, maroon",
  orange: "orange, ginger, amber",
  yellow: "yellow, golden, lemon yellow",
  green: "green, emerald, lime green, turquoise",
  blue: "blue, azure, navy, cyan, sky blue, dark blue, light blue, cobalt",
  purple: "purple, violet, lilac, mauve, indigo",
  pink: "pink, magenta, rose pink, fuchsia",
  brown: "brown, chestnut brown, beige, tan",
  black: "black, jet black, ebony",
  white: "white, ivory, snow white",
};

const RELATION_WORDS: Record<Relation, string> = {
  "left of": "left of, to the left of, on the left of, at the left of, left to",
  "right of": "right of, to the right of, on the right of, at the right of, right to",
  above: "above, over, on top of, atop, on the top of, flying over, hovering over",
  below: "below, under, beneath, underneath, at the bottom of",
};

const SCENERY_WORDS: Record<Scenery, string> = {
  meadow:
    "meadow, meadows, grass, lawn, green field, field, fields, hill, hills, park, garden, countryside, forest, pasture, grassland",
  beach: "beach, sea, seaside, by the sea, ocean, shore, coast, seashore, sandy beach, bay, lagoon",
  night: "night, at night, night sky, nighttime, starry sky, starry night, midnight, moonlight, moonlit",
  room: "room, indoors, living room, bedroom, kitchen, inside a house, at home, cosy room, cozy room, interior",
  desert: "desert, dunes, sand dunes, sahara, savanna, savannah, canyon",
  snow: "snow, snowy, winter, winter landscape, snowy mountain, ice, glacier, arctic, alps",
};

const STYLE_WORDS: Record<Style, string> = {
  flat: "flat illustration, flat art, flat design, flat style, flat, vector art, vector, clip art, clipart, cartoon, illustration, icon, sticker, pixel art",
  watercolour:
    "watercolour, watercolor, watercolour painting, watercolor painting, watercolour of, aquarelle, painting, painted, oil painting, sketch, drawing, pencil sketch, ink",
};

/** Words that name an object but, in prompts, nearly always describe the picture itself. */
const ABOUT_THE_PICTURE =
  "photo, photograph, photography, camera angle, film, 35mm film, bokeh, movie still, key visual, concept art, low poly, art, artwork, mirror finish, light, soft light, natural light, light leak, background, wallpaper, stock photo, book page, comic book, comic book page, watch out, fly, ring light, origami, folded paper, paper texture, textured paper, white paper, black ink, play dough, studio light, brush strokes, canvas";

const LONGEST = 5;
const lexicon = makeLexicon();

function makeLexicon(): Map<string, Token | null> {
  const words = new Map<string, Token | null>();
  for (const { word, keywords } of objects) for (const name of keywords) addObject(words, name, word, true);
  for (const { word, synonyms } of objects) for (const name of synonyms) addObject(words, name, word, false);
  for (const { word } of objects) addObject(words, word, word, false);
  for (const color of COLORS) add(words, COLOR_WORDS[color], { kind: "color", color });
  for (const relation of RELATIONS) add(words, RELATION_WORDS[relation], { kind: "relation", relation });
  for (const background of SCENERIES) add(words, SCENERY_WORDS[background], { kind: "background", background });
  for (const style of STYLES) add(words, STYLE_WORDS[style], { kind: "style", style });
  for (const [number, count] of Object.entries(NUMBER_WORDS)) words.set(number, { kind: "number", count });
  for (const color of COLORS) addBackdrop(words, color);
  add(words, ABOUT_THE_PICTURE, null);
  return words;
}

function add(words: Map<string, Token | null>, names: string, token: Token | null): void {
  for (const name of names.split(", ")) words.set(name, token);
}

function addObject(words: Map<string, Token | null>, name: string, object: string, weak: boolean): void {
  const color = COLORS.find((word) => name.startsWith(`${word} `) && object !== name) ?? null;
  words.set(pluralOf(name), { kind: "object", object, many: true, weak, color });
  words.set(name, { kind: "object", object, many: false, weak, color });
}

function addBackdrop(words: Map<string, Token | null>, color: Color): void {
  const background = backdropOf(color);
  for (const name of COLOR_WORDS[color].split(", "))
    for (const noun of ["background", "backdrop", "wall", "wallpaper"])
      words.set(`${name} ${noun}`, { kind: "background", background });
}

/** Scenes of recent captions, because all images of a prompt are described one after the other. */
const lastRead = new Map<string, Scene>();
const MOST_REMEMBERED = 256;

/**
 * Reads what a text asks for. It never throws. The first two objects count; an object named only by a weak keyword counts only if
 * nothing else is named.
 */
export function parseCaption(text: string): Scene {
  const known = lastRead.get(text);
  if (known) return known;
  if (lastRead.size >= MOST_REMEMBERED) lastRead.clear();
  const scene = Object.freeze(readCaption(text));
  lastRead.set(text, scene);
  return scene;
}

function readCaption(text: string): Scene {
  const tokens = tokenize(text);
  const strong = tokens.some((token) => token.kind === "object" && !token.weak);
  return assemble(tokens.filter((token) => !(strong && token.kind === "object" && token.weak)));
}

/** A word or phrase of a text, in lower case, and its meaning; null for what cannot be drawn. */
export interface Phrase {
  words: string;
  token: Token | null;
}

function tokenize(text: string): Token[] {
  return phrasesOf(text).flatMap(({ token }) => token ?? []);
}

/** Splits a text into words from left to right, preferring the longest phrase that means something. */
export function phrasesOf(text: string): Phrase[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu) ?? [];
  const phrases: Phrase[] = [];
  for (let at = 0; at < words.length; ) {
    const { token, length } = longestMatch(words, at);
    phrases.push({ words: words.slice(at, at + length).join(" "), token });
    at += length;
  }
  return phrases;
}

function longestMatch(words: readonly string[], at: number): { token: Token | null; length: number } {
  for (let length = Math.min(LONGEST, words.length - at); length > 0; length--) {
    const token = lookUp(words.slice(at, at + length).join(" "));
    if (token === undefined) continue;
    // "an orange" is a fruit, and "an orange cat" has a colour: it is a fruit if no object follows.
    return { token: token?.kind === "color" && token.color === "orange" ? orange(words, at + length) : token, length };
  }
  return { token: null, length: 1 };
}

function lookUp(phrase: string): Token | null | undefined {
  return lexicon.get(phrase) ?? lexicon.get(phrase.replaceAll("-", " ")) ?? lexicon.get(phrase.replace(/['’]s$/, ""));
}

function orange(words: readonly string[], next: number): Token {
  const following = words[next] === undefined ? undefined : longestMatch(words, next).token;
  if (following?.kind === "object" || following?.kind === "color") return { kind: "color", color: "orange" };
  return { kind: "object", object: "orange", many: false, weak: false, color: null };
}

/** Builds the scene. Numbers and colours belong to the object that follows them. */
function assemble(tokens: readonly Token[]): Scene {
  const things: Thing[] = [];
  const scene: Scene = { style: null, things, relation: null, background: null };
  let count: number | null | undefined;
  let color: Color | null = null;
  for (const token of tokens) {
    if (token.kind === "number") count = token.count;
    else if (token.kind === "color") color = token.color;
    else if (token.kind === "style") scene.style ??= token.style;
    else if (token.kind === "background") scene.background ??= token.background;
    else if (token.kind === "relation") scene.relation ??= scene.things.length === 1 ? token.relation : null;
    else addThing(things, token, count, color);
    if (token.kind !== "number" && token.kind !== "color") [count, color] = [undefined, null];
  }
  return { ...scene, relation: scene.things.length === 2 ? scene.relation : null };
}

function addThing(
  things: Thing[],
  token: Extract<Token, { kind: "object" }>,
  count: number | null | undefined,
  color: Color | null,
): void {
  if (things.length === 2 || things.some((thing) => thing.object === token.object)) return;
  // "two apple" is two apples; "a apples" is several.
  const number = token.many ? (count === 1 || count === undefined ? null : count) : (count ?? 1);
  things.push({ object: token.object, count: number, color: color ?? token.color });
}
