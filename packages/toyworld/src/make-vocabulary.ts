/** @file Writes vocabulary.gen.json and icons.gen.json from the icon set, emojilib and objects.ts. Run: node packages/toyworld/src/make-vocabulary.ts */

import { rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import sharp from "sharp";
import { bodyFills, type FillShare, nearestColor } from "./colors.ts";
import { OBJECTS } from "./objects.ts";

/** px; enough to tell how much of an icon each fill covers. */
const SIDE = 96;
/** Fills that cover a smaller share are ignored. */
const SMALLEST_SHARE = 0.012;
/** Words of emojilib that do not say what is drawn, or that mean something else in prompts. */
const NOT_NAMES = new Set(
  `a an and the of on in at to for with from by is are be it its this that my your our his her their one two three four five six new old big small
  large little tall short high low up down left right above below under over near next front behind top bottom side middle center inside outside
  red orange yellow green blue purple pink brown black white grey gray gold silver color colour light dark bright vivid beautiful pretty cute cool
  nice good bad best great awesome amazing happy sad angry funny scary love like time day night morning evening summer winter spring autumn fall
  nature animal animals art artist style photo photograph picture image painting drawing sketch illustration render digital detailed detail quality
  professional realistic cinematic film movie show play game work use make made go going run running walk walking fast slow hot cold warm wet dry
  open closed round square flat soft hard sharp clean dirty young male female person people human face head hand body city country world history
  war power energy money business shop store food drink sport sports music party holiday vacation travel weather place building object thing things
  symbol sign mark flag word letter number background sky sea ocean beach snow room desert meadow field grass water air no not yes ok omg lol fun
  baby adult cheer birthday valentine christmas halloween magic fantasy dream epic tech technology science school home office nerd geek
  gay lgbt pride phallic butt cross religion christ christian muslim islam mosque worship hinduism buddhism terrorism weapon drunk booze evil
  danger disaster disease cancer virus blind ugly weird women ladies asian african american chinese british japanese mexican italian european
  icon emoji frame text type empty boring useless casual standard miniature activity feature pattern design find search test here edge step turn
  limit build create cut fix remove`
    .split(/\s+/)
    .filter(Boolean),
);

/** An object of the toy world as it is stored in vocabulary.gen.json. */
export interface VocabularyEntry {
  word: string;
  icon: string;
  synonyms: string[];
  /** Further words from emojilib, which count only when a caption names nothing else. */
  keywords: string[];
  /** The colour word closest to the icon's own colours. */
  natural: string;
  /** The visible box of the icon: left, top, right, bottom, in units of its 32 x 32 box. */
  box: [number, number, number, number];
  fills: FillShare[];
}

interface Line {
  word: string;
  icon: string;
  synonyms: string[];
}

/** `word = icon : synonym, synonym` */
function parseLine(line: string): Line {
  const [left = "", right = ""] = line.split(" : ");
  const [word = "", icon = word.trim().replaceAll(" ", "-")] = left.split(" = ");
  const synonyms = right.split(",").map((synonym) => synonym.trim());
  return { word: word.trim(), icon: icon.trim(), synonyms: synonyms.filter(Boolean) };
}

/**
 * Makes the entries in the order of the list of objects. Each icon is drawn once, to find its colours and its box.
 * @throws Error for an icon that is missing, or that is painted with other than plain fills
 */
export async function makeVocabulary(): Promise<VocabularyEntry[]> {
  const lines = OBJECTS.trim().split("\n").map(parseLine);
  const keywords = keywordsOf(lines);
  const entries: VocabularyEntry[] = [];
  for (const line of lines) entries.push({ ...line, keywords: keywords.get(line.icon) ?? [], ...(await look(line.icon)) });
  return entries;
}

/**
 * Returns the drawings of these icons, in the order of their names: the seventh of the icon set that the toy world draws.
 * @throws Error for a name that the set does not have
 */
export function iconBodies(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.toSorted().map((name) => [name, setBody(name)]));
}

/** Returns the drawing of an icon of the whole set. @throws Error for a name that the set does not have */
function setBody(name: string): string {
  const icon = icons[name];
  if (!icon) throw new Error(`make-vocabulary: expected the name of an icon of fluent-emoji-flat; got "${name}"`);
  return icon.body;
}

/** Gives each keyword to one object: the one whose list has it earliest, then the most common. */
function keywordsOf(lines: readonly Line[]): Map<string, string[]> {
  const known = new Set(lines.flatMap((line) => [line.word, ...line.synonyms]));
  const owner = new Map<string, { icon: string; rank: number }>();
  for (const { icon } of lines) {
    for (const [rank, raw] of emojiKeywords(icon).entries()) {
      const keyword = raw.replaceAll("_", " ").toLowerCase();
      if (
        keyword.length < 3 ||
        known.has(keyword) ||
        NOT_NAMES.has(keyword) ||
        !/^(?!red |black |green )[a-z][a-z ]+$/.test(keyword)
      )
        continue;
      if (rank < (owner.get(keyword)?.rank ?? Number.POSITIVE_INFINITY)) owner.set(keyword, { icon, rank });
    }
  }
  const lists = new Map<string, string[]>();
  for (const [keyword, { icon }] of owner) lists.set(icon, [...(lists.get(icon) ?? []), keyword].sort());
  return lists;
}

const require = createRequire(import.meta.url);
// The package declares no types for this file, and the compiler would take long to infer them from its megabytes.
const { icons } = require("@iconify-json/fluent-emoji-flat/icons.json") as { icons: Readonly<Record<string, { body: string }>> };
const chars = require("@iconify-json/fluent-emoji-flat/chars.json") as Record<string, string>;
const emojilib = require("emojilib") as Record<string, string[]>;
const emojiOf = new Map(
  Object.entries(chars).map(([codes, icon]) => [
    icon,
    String.fromCodePoint(...codes.split("-").map((code) => Number.parseInt(code, 16))),
  ]),
);

function emojiKeywords(icon: string): string[] {
  const emoji = emojiOf.get(icon) ?? "";
  return emojilib[emoji] ?? emojilib[`${emoji}\ufe0f`] ?? [];
}

async function look(icon: string): Promise<Pick<VocabularyEntry, "natural" | "box" | "fills">> {
  const body = setBody(icon);
  if (/url\(|\bid="/.test(body)) throw new Error(`make-vocabulary: ${icon}: expected an icon with plain fills and no ids`);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}" viewBox="0 0 32 32">${body}</svg>`;
  const pixels = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
  const fills = fillShares(pixels, new Set(body.match(/(?<=fill=")#[0-9a-f]{3,6}(?=")/g)));
  return { natural: nearestColor(bodyFills(fills)[0] ?? "#888888"), box: visibleBox(pixels), fills };
}

/** Returns which share of the visible pixels each fill covers, largest first. @param pixels [SIDE, SIDE, 4] */
function fillShares(pixels: Buffer, fills: Set<string>): FillShare[] {
  const byRgb = new Map([...fills].map((fill) => [longHex(fill), fill]));
  const counts = new Map<string, number>();
  let total = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    if (pixels.readUInt8(i + 3) < 128) continue;
    total++;
    const fill = byRgb.get(Buffer.from(pixels.subarray(i, i + 3)).toString("hex"));
    if (fill) counts.set(fill, (counts.get(fill) ?? 0) + 1);
  }
  const shares = [...counts].map(([fill, count]): FillShare => [fill, Math.round((1000 * count) / total) / 1000]);
  return shares.filter(([, share]) => share >= SMALLEST_SHARE).sort((a, b) => b[1] - a[1]);
}

function longHex(fill: string): string {
  return fill.length === 4 ? [...fill.slice(1)].map((digit) => digit + digit).join("") : fill.slice(1);
}

function visibleBox(pixels: Buffer): [number, number, number, number] {
  let [left, top, right, bottom] = [SIDE, SIDE, 0, 0];
  for (let i = 0; i < SIDE * SIDE; i++) {
    if (pixels.readUInt8(4 * i + 3) < 64) continue;
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  const inIcon = (pixels: number) => Math.round((pixels * 320) / SIDE) / 10;
  return [inIcon(left), inIcon(top), inIcon(right), inIcon(bottom)];
}

/** Writes a file of src beside itself and renames it, so that it is never half-written. */
async function write(name: string, text: string): Promise<void> {
  const file = new URL(`./${name}`, import.meta.url);
  const beside = new URL(`./${name}.new`, import.meta.url);
  await writeFile(beside, text);
  await rename(beside, file);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const entries = await makeVocabulary();
  await write("vocabulary.gen.json", `[\n${entries.map((entry) => JSON.stringify(entry)).join(",\n")}\n]\n`);
  const bodies = Object.entries(iconBodies(entries.map(({ icon }) => icon)));
  await write(
    "icons.gen.json",
    `{\n${bodies.map(([name, body]) => `${JSON.stringify(name)}:${JSON.stringify(body)}`).join(",\n")}\n}\n`,
  );
  process.stderr.write(`${entries.length} objects, ${entries.flatMap((entry) => entry.keywords).length} keywords\n`);
}
