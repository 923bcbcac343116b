/** @file Where the things of an image stand, in a square of 512 units, whatever size is rendered. */

import { between, type Random, seeded } from "@pickapic/chance";
import type { Depiction, ShownThing } from "./depiction.ts";
import type { Relation } from "./scene.ts";

/** Side of the drawing square, units. */
export const SQUARE = 512;

/** One drawn object. */
export interface Item {
  thing: ShownThing;
  /** Centre of the object, and the side of the square into which its visible part fits. */
  x: number;
  y: number;
  size: number;
  /** degrees */
  angle: number;
  flipped: boolean;
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Boxes with margins that keep everything inside. The lower half of an image is ground. */
const ALONE: Box = { x: 256, y: 286, width: 400, height: 330 };
const BOXES: Record<Relation, readonly [Box, Box]> = {
  "left of": [side(138), side(374)],
  "right of": [side(374), side(138)],
  above: [row(148), row(366)],
  below: [row(366), row(148)],
};
/** How many objects stand in each row, for a group of this size. */
const ROWS: Record<number, readonly number[]> = { 1: [1], 2: [2], 3: [1, 2], 4: [2, 2], 5: [2, 3], 6: [3, 3] };
const FLAT_ROWS: Record<number, readonly number[]> = { ...ROWS, 3: [3], 4: [4] };
const LARGEST = 300;

function side(x: number): Box {
  return { x, y: 286, width: 232, height: 300 };
}

function row(y: number): Box {
  return { x: 256, y, width: 440, height: 206 };
}

/** Returns all items, those that stand farther back first, so that nearer ones are drawn over them. */
export function layOut({ shown, composition }: Depiction): Item[] {
  const random = seeded("layout", composition);
  const boxOf = ({ asked }: ShownThing) => (shown.relation ? BOXES[shown.relation][asked] : ALONE);
  const items = shown.things.flatMap((thing) => group(thing, boxOf(thing), random));
  return items.sort((a, b) => a.y + a.size / 2 - (b.y + b.size / 2));
}

function group(thing: ShownThing, box: Box, random: Random): Item[] {
  const rows = (box.width > 1.6 * box.height ? FLAT_ROWS : ROWS)[thing.count];
  if (!rows) throw new Error(`layOut: expected 1 to 6 of a thing; got ${thing.count}`);
  const columns = Math.max(...rows);
  const cell = Math.min(box.width / columns, box.height / rows.length, LARGEST);
  const size = cell * (thing.count === 1 ? 0.94 : 1.04) * between(random, 0.94, 1.04);
  const shift = { x: between(random, -12, 12), y: between(random, -10, 10) };
  const flipped = random() < 0.5;
  return rows.flatMap((n, r) =>
    Array.from({ length: n }, (_, c) => ({
      thing,
      x: box.x + shift.x + (c - (n - 1) / 2) * cell + between(random, -0.03, 0.03) * cell,
      y: box.y + shift.y + (r - (rows.length - 1) / 2) * cell + between(random, -0.03, 0.03) * cell,
      size: size * between(random, 0.95, 1.03),
      angle: between(random, -7, 7),
      flipped,
    })),
  );
}
