/**
 * @file What is done to a drawing after it is rendered: blur, paint and paper, vividness, burn, wobble, glitches, grain. The loops over pixels are in
 * pixels.wat, because V8 takes more than twice as long for them.
 */

import { type Random, seeded } from "@pickapic/chance";
import type { Depiction } from "../depiction.ts";
import { blur } from "./blur.ts";
import { bytesAt, makeRoom, program, SCRATCH } from "./canvas.ts";
import { field } from "./fields.ts";

/** A picture as bytes, without an alpha channel. */
export interface Pixels {
  width: number;
  height: number;
  /** RGB, row by row, 0...255 */
  data: Uint8Array<ArrayBuffer>;
}

/** A picture in the memory of the loops over pixels. */
interface Picture {
  width: number;
  height: number;
  /** The longer side, px. */
  size: number;
  /** Its address. */
  at: number;
}

/** All lengths are shares of the image's longer side, so that every size shows the same image. */
const WATERCOLOUR = { wobble: 0.0085, edge: 0.0045 };
/** Melting at artefacts of 1. Amounts up to `from` are invisible. */
const WARP = { amount: 0.085, from: 0.06 };
/** Torn bands: their number at artefacts of 1, and the amount from which they appear. */
const GLITCHES = { most: 10, from: 0.1 };
/** Standard deviation of the Gaussian at blur 1, as a share of the longer side. */
export const BLUR = 0.028;
/** Amplitude of the grain at noise 1, in levels. */
const GRAIN = { luma: 62, chroma: 36 };

/** A rendered drawing of at most 1,024 px. */
export interface Drawing {
  width: number;
  height: number;
  /** RGB or, with four bytes for each pixel, RGBA; row by row. The alpha channel is passed over. */
  data: Uint8Array;
}

/** Returns memory of a length, with any content. */
export type MemoryOf = (length: number) => Uint8Array<ArrayBuffer>;

/** How a drawing becomes a picture. */
interface Finishing {
  /** The standard deviation of the Gaussian that blurs the drawing first, px. Default 0: none. */
  sigma?: number;
  /** Where the bytes of the picture are written. By default the memory is new. */
  memoryOf?: MemoryOf | undefined;
}

/** Finishes an image from its drawing. The pixels depend only on the first two arguments and `sigma`. The drawing is not changed. */
export function finish(
  { width, height, data }: Drawing,
  depiction: Depiction,
  { sigma = 0, memoryOf = (length) => new Uint8Array(length) }: Finishing = {},
): Pixels {
  makeRoom();
  const random = seeded("pixels", depiction.composition);
  const [at, other] = SCRATCH.pictures;
  const picture: Picture = { width, height, size: Math.max(width, height), at };
  const pixels = width * height;
  if (data.length === 4 * pixels) {
    // It reaches over the end of the second picture into the scratch memory after it.
    bytesAt(other, data.length).set(data);
    program.rgbOf(other, pixels, at);
  } else bytesAt(at, data.length).set(data);
  blur(picture, sigma);
  const watercolour = depiction.shown.style === "watercolour";
  wobble(picture, watercolour ? WATERCOLOUR.wobble : 0, depiction.artefacts, random);
  if (watercolour) paint(picture, random);
  grade(picture, depiction);
  glitch(picture, depiction.artefacts, random);
  grain(picture, depiction.noise, random);
  const finished = memoryOf(3 * pixels);
  finished.set(bytesAt(picture.at, finished.length));
  return { width, height, data: finished };
}

/** Displaces every pixel a little: brush strokes for watercolour, melting shapes for artefacts. */
function wobble(picture: Picture, stroke: number, artefacts: number, random: Random): void {
  const { width, height, size, at } = picture;
  const [ox, oy] = offset(random, size);
  const melt = WARP.amount * size * Math.max(0, artefacts - WARP.from);
  if (stroke === 0 && melt === 0) return;
  // Fields that displace nothing are not even read: half of the pictures have only one of the two displacements.
  const [first = MELTING, second] = [
    { ...BRUSH, amount: stroke * size },
    { ...MELTING, amount: melt },
  ].filter(({ amount }) => amount !== 0);
  const [a, b] = SCRATCH.pictures;
  const to = at === a ? b : a;
  const fields = [...fieldsOf(first, size), ...(second ? fieldsOf(second, size) : NO_DISPLACEMENT)] as const;
  // Single precision changes a displacement by at most 1.8e-7 of its px. That changes a byte by 255 times as much in either direction, and rounding by 1.2e-4.
  const close = 1.2e-4 * (first.amount + (second?.amount ?? 0)) + 3e-4;
  program.displace(at, to, width, height, size, ox, oy, ...fields, width - 1.001, height - 1.001, close);
  picture.at = to;
}

/** A displacement of pixels: the names of the noise fields of both directions, the cells of their lattice, and the largest displacement, px. */
interface Displacement {
  x: string;
  y: string;
  cells: number;
  amount: number;
}

const BRUSH: Displacement = { x: "fineX", y: "fineY", cells: 26, amount: 0 };
const MELTING: Displacement = { x: "meltX", y: "meltY", cells: 7, amount: 0 };
const NO_DISPLACEMENT = [0, 0, 0] as const;

function fieldsOf({ x, y, cells, amount }: Displacement, size: number): readonly [x: number, y: number, amount: number] {
  return [field(x, [cells], size), field(y, [cells], size), amount];
}

/** Watercolour: thin paint on paper, pooled pigment, a darker line where colours meet. */
function paint({ width, height, size, at }: Picture, random: Random): void {
  const [ox, oy] = offset(random, size);
  const [pigment, pool, paper] = [field("pigment", [5], size), field("pool", [30], size), field("paper", [150], size)];
  const reach = Math.max(1, Math.round(WATERCOLOUR.edge * size));
  const { luma, darks } = SCRATCH;
  // The sum of two differences of luma is at most 510.
  new Float64Array(program.memory.buffer, darks, 511).set(DARKS);
  program.lumaOf(at, width * height, luma);
  program.paint(at, width, height, size, ox, oy, pigment, pool, paper, luma, darks, reach);
}

/** The brightness of paint, 0...1, by the difference of luma: 1 - 0.42 min(1, difference / 170). */
const DARKS = Float64Array.from({ length: 511 }, (_, difference) => 1 - 0.42 * Math.min(1, difference / 170));

/** Sets saturation and contrast from vividness. Burn overdrives both until the image clips. */
function grade({ width, height, at }: Picture, { vividness, burn }: Depiction): void {
  const saturation = (0.3 + 0.95 * vividness) * (1 + 0.9 * burn);
  const contrast = (0.66 + 0.42 * vividness) * (1 + 1.1 * burn);
  const lift = 128 + 10 * (1 - vividness) - 16 * burn;
  program.grade(at, width * height, saturation, contrast, lift);
}

/** Torn bands: strips of the image slip sideways, with their colours apart. */
function glitch(picture: Picture, artefacts: number, random: Random): void {
  const bands = Math.round(GLITCHES.most * Math.max(0, artefacts - GLITCHES.from));
  for (let i = 0; i < GLITCHES.most; i++) {
    const [at, tall, slip] = [random(), 0.025 + 0.05 * random(), (random() - 0.5) * 0.36];
    if (i < bands)
      slipBand(picture, Math.floor(at * picture.height), Math.ceil(tall * picture.height), Math.round(slip * picture.width));
  }
}

function slipBand({ width, height, at }: Picture, top: number, tall: number, slip: number): void {
  const data = bytesAt(at, 3 * width * height);
  const slips = [0, 1, 2].map((c) => (slip + Math.round(((c - 1) * slip) / 3) + 2 * width) % width);
  for (let y = top; y < Math.min(height, top + tall); y++) {
    const row = data.slice(3 * y * width, 3 * (y + 1) * width);
    for (const [c, by] of slips.entries()) slipRow(row, data, 3 * y * width, c, by);
  }
}

/** Writes channel `c` of a row, shifted to the left by a number of pixels: what leaves it there comes in on the right. */
function slipRow(row: Uint8Array, data: Uint8Array, to: number, c: number, by: number): void {
  const end = row.length;
  for (let i = c, from = c + 3 * by; i < end; i += 3, from += 3) {
    if (from >= end) from -= end;
    data[to + i] = row[from] ?? 0;
  }
}

/** Adds blotchy grain, grey and slightly coloured, coarse enough to survive a smaller size. */
function grain({ width, height, size, at }: Picture, noise: number, random: Random): void {
  const [ox, oy] = offset(random, size);
  const [luma, chroma] = [GRAIN.luma * noise, GRAIN.chroma * noise];
  if (luma < 1) return;
  const [grey, warm, green] = [grainField("grey", size), grainField("warm", size), grainField("green", size)];
  program.grain(at, width, height, size, ox, oy, grey, warm, green, luma, chroma);
}

/** Two lattices that do not line up, so that no squares show. */
function grainField(name: string, size: number): number {
  return field(name, [83, 131], size);
}

/** Draws an offset into a wrapping field; the same share of the field at every size. */
function offset(random: Random, size: number): [number, number] {
  return [Math.floor(random() * size), Math.floor(random() * size)];
}
