/** @file A drawing holds exactly what its depiction says. */

import { seeded } from "@pickapic/chance";
import sharp from "sharp";
import { expect, test } from "vitest";
import { drawSvg, paintIcon } from "../src/drawing.ts";
import { describeImage, sampleCaption } from "../src/index.ts";
import { layOut, SQUARE } from "../src/layout.ts";
import { BACKGROUNDS, COLORS } from "../src/scene.ts";
import { objects } from "../src/vocabulary.ts";
import { requestFor } from "./requests.ts";

const objectWords = objects.map(({ word }) => word);

const PER_ROW = 24;

test("every object word renders, in its natural colours and in another", async () => {
  const rows = Math.ceil(objectWords.length / PER_ROW);
  for (const color of [null, "blue"] as const) {
    const icons = objectWords.map(
      (object, i) =>
        `<g transform="translate(${(i % PER_ROW) * 32} ${Math.floor(i / PER_ROW) * 32})">${paintIcon({ object, color })}</g>`,
    );
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${PER_ROW * 32}" height="${rows * 32}">${icons.join("")}</svg>`;
    const alpha = await sharp(Buffer.from(svg)).ensureAlpha().extractChannel(3).raw().toBuffer();
    for (const [i, word] of objectWords.entries()) expect(coverage(alpha, i), word).toBeGreaterThan(0.08);
  }
});

/** Share of the i-th cell that is painted. */
function coverage(alpha: Uint8Array, i: number): number {
  const [left, top] = [(i % PER_ROW) * 32, Math.floor(i / PER_ROW) * 32];
  let painted = 0;
  for (let y = top; y < top + 32; y++)
    for (let x = left; x < left + 32; x++) painted += alpha[y * PER_ROW * 32 + x]! > 128 ? 1 : 0;
  return painted / 1024;
}

test("each thing is drawn as often as its count says, inside the picture, where the relation puts it", () => {
  const random = seeded("layout");
  for (let seed = 0; seed < 250; seed++) {
    const depiction = describeImage(requestFor(sampleCaption(random), { seed, model: "toy-classic" }));
    const items = layOut(depiction);
    for (const thing of depiction.shown.things) expect(items.filter((item) => item.thing === thing)).toHaveLength(thing.count);
    for (const { x, y, size } of items)
      for (const v of [x, y]) expect(Math.abs(v - SQUARE / 2) + size / 2).toBeLessThan(SQUARE / 2 + 14);
    const svg = drawSvg(depiction, 64, 64);
    expect(svg.split("<use ").length - 1).toBe(items.length);
    if (depiction.shown.relation) expect(relationOf(items)).toBe(depiction.shown.relation);
  }
});

/** How the first thing's middle lies to the second's. */
function relationOf(items: ReturnType<typeof layOut>): string {
  const middle = (asked: 0 | 1) => {
    const own = items.filter((item) => item.thing.asked === asked);
    return { x: own.reduce((sum, { x }) => sum + x, 0) / own.length, y: own.reduce((sum, { y }) => sum + y, 0) / own.length };
  };
  const [dx, dy] = [middle(0).x - middle(1).x, middle(0).y - middle(1).y];
  return Math.abs(dx) > Math.abs(dy) ? (dx < 0 ? "left of" : "right of") : dy < 0 ? "above" : "below";
}

test("every background and every colour draws valid SVG, and no two backgrounds look alike", async () => {
  const base = describeImage(requestFor("a cat"));
  const looks = new Set<string>();
  for (const background of BACKGROUNDS) {
    const thing = { asked: 0 as const, object: "cat", count: 1, color: COLORS[looks.size % COLORS.length]! };
    const svg = drawSvg({ ...base, shown: { ...base.shown, background, things: [thing], relation: null } }, 32, 32);
    looks.add((await sharp(Buffer.from(svg)).resize(4, 4).removeAlpha().raw().toBuffer()).toString("hex"));
  }
  expect(looks.size).toBe(BACKGROUNDS.length);
});
