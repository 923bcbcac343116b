/** @file What is done to a drawing after it is rendered: paint and paper, vividness, burn, wobble, glitches, grain. */

import { type Random, seeded } from "@pickapic/chance";
import type { Depiction } from "./depiction.ts";
import { field, outside, valueAt } from "./fields.ts";

/** A picture as bytes, without an alpha channel. */
export interface Pixels {
  width: number;
  height: number;
  /** RGB, row by row, 0...255 */
  data: Uint8Array;
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

/** Finishes an image from its (already blurred) drawing; depends only on the depiction. */
export function finish(drawing: Pixels, depiction: Depiction): Pixels {
  const random = seeded("pixels", depiction.composition);
  const watercolour = depiction.shown.style === "watercolour";
  const wobbled = wobble(drawing, watercolour ? WATERCOLOUR.wobble : 0, depiction.artefacts, random);
  if (watercolour) paint(wobbled, random);
  grade(wobbled, depiction);
  glitch(wobbled, depiction.artefacts, random);
  grain(wobbled, depiction.noise, random);
  return wobbled;
}

/** Displaces every pixel a little: brush strokes for watercolour, melting shapes for artefacts. */
function wobble(source: Pixels, stroke: number, artefacts: number, random: Random): Pixels {
  const { width, height, data } = source;
  const size = Math.max(width, height);
  const [ox, oy] = offset(random, size);
  const melt = WARP.amount * size * Math.max(0, artefacts - WARP.from);
  if (stroke === 0 && melt === 0) return source;
  const out = new Uint8Array(data.length);
  // Fields that displace nothing are not even read: half of the pictures have only one of the two displacements.
  const [first = MELTING, second] = [
    { ...BRUSH, amount: stroke * size },
    { ...MELTING, amount: melt },
  ].filter(({ amount }) => amount !== 0);
  displace(source, out, [ox, oy], fieldsOf(first, size), second ? fieldsOf(second, size) : null);
  return { width, height, data: out };
}

/** A displacement: the names of its fields, their lattice, and px at 1. */
interface Displacement {
  x: string;
  y: string;
  cells: number;
  amount: number;
}

const BRUSH: Displacement = { x: "fineX", y: "fineY", cells: 26, amount: 0 };
const MELTING: Displacement = { x: "meltX", y: "meltY", cells: 7, amount: 0 };

interface DisplacementFields {
  x: Float32Array;
  y: Float32Array;
  amount: number;
}

function fieldsOf({ x, y, cells, amount }: Displacement, size: number): DisplacementFields {
  return { x: field(x, [cells], size).values, y: field(y, [cells], size).values, amount };
}

/** Takes each pixel of `out` from where the one or two displacements lead. */
function displace(
  { width, height, data }: Pixels,
  out: Uint8Array,
  [ox, oy]: readonly [number, number],
  first: DisplacementFields,
  second: DisplacementFields | null,
): void {
  const size = Math.max(width, height);
  const { x: x1, y: y1, amount: a1 } = first;
  for (let y = 0, at = 0; y < height; y++) {
    const row = ((y + oy) % size) * size;
    for (let x = 0; x < width; x++, at += 3) {
      const i = row + (x + ox < size ? x + ox : x + ox - size);
      let sx = x + a1 * valueAt(x1, i);
      let sy = y + a1 * valueAt(y1, i);
      if (second !== null) {
        sx += second.amount * valueAt(second.x, i);
        sy += second.amount * valueAt(second.y, i);
      }
      sample(data, width, height, sx, sy, out, at);
    }
  }
}

/** Bilinear interpolation, clamped at the borders. */
function sample(data: Uint8Array, width: number, height: number, x: number, y: number, out: Uint8Array, at: number): void {
  const cx = x < 0 ? 0 : x > width - 1.001 ? width - 1.001 : x;
  const cy = y < 0 ? 0 : y > height - 1.001 ? height - 1.001 : y;
  const x0 = cx | 0;
  const y0 = cy | 0;
  const tx = cx - x0;
  const ty = cy - y0;
  const i = 3 * (y0 * width + x0);
  const j = i + 3 * width;
  out[at] = between(data, i, j, tx, ty) + 0.5;
  out[at + 1] = between(data, i + 1, j + 1, tx, ty) + 0.5;
  out[at + 2] = between(data, i + 2, j + 2, tx, ty) + 0.5;
}

/**
 * The level at (tx, ty), 0...1, between four pixels: those at i and to its right, and those at j, one row below, and to its right.
 * It reads unchecked, because `sample` clamps the position to the picture and nearly all time of a displacement is spent here.
 */
function between(data: Uint8Array, i: number, j: number, tx: number, ty: number): number {
  const a = data[i]!;
  const b = data[i + 3]!;
  const c = data[j]!;
  const d = data[j + 3]!;
  const top = a + tx * (b - a);
  return top + ty * (c + tx * (d - c) - top);
}

/** Watercolour: thin paint on paper, pooled pigment, a darker line where colours meet. */
function paint(pixels: Pixels, random: Random): void {
  const { width, height, data } = pixels;
  const out = clamped(pixels);
  const size = Math.max(width, height);
  const [ox, oy] = offset(random, size);
  const [pigment, pool, paper] = [
    field("pigment", [5], size).values,
    field("pool", [30], size).values,
    field("paper", [150], size).values,
  ];
  const reach = Math.max(1, Math.round(WATERCOLOUR.edge * size));
  const luma = lumaOf(data);
  for (let y = 0; y < height; y++) {
    const row = ((y + oy) % size) * size;
    for (let x = 0; x < width; x++) {
      const i = row + (x + ox < size ? x + ox : x + ox - size);
      const p = y * width + x;
      const right = levelAt(luma, x + reach < width ? p + reach : p) - levelAt(luma, x >= reach ? p - reach : p);
      const down = levelAt(luma, y + reach < height ? p + reach * width : p) - levelAt(luma, y >= reach ? p - reach * width : p);
      const line = Math.min(1, (Math.abs(right) + Math.abs(down)) / 170);
      const wash = 0.8 + 0.16 * valueAt(pigment, i) + 0.1 * valueAt(pool, i);
      const dark = 1 - 0.42 * line;
      const tooth = 6 * valueAt(paper, i);
      const q = 3 * p;
      out[q] = (252 - (252 - levelAt(data, q)) * wash) * dark + tooth;
      out[q + 1] = (249 - (249 - levelAt(data, q + 1)) * wash) * dark + tooth;
      out[q + 2] = (241 - (241 - levelAt(data, q + 2)) * wash) * dark + tooth;
    }
  }
}

/** Returns the lightness of each pixel, 0...255. @param data RGB */
function lumaOf(data: Uint8Array): Uint8Array {
  const luma = new Uint8Array(data.length / 3);
  for (let p = 0, q = 0; p < luma.length; p++, q += 3)
    luma[p] = (77 * levelAt(data, q) + 150 * levelAt(data, q + 1) + 29 * levelAt(data, q + 2)) >> 8;
  return luma;
}

/** Sets saturation and contrast from vividness. Burn overdrives both until the image clips. */
function grade(pixels: Pixels, { vividness, burn }: Depiction): void {
  const { data } = pixels;
  const out = clamped(pixels);
  const saturation = (0.3 + 0.95 * vividness) * (1 + 0.9 * burn);
  const contrast = (0.66 + 0.42 * vividness) * (1 + 1.1 * burn);
  const lift = 128 + 10 * (1 - vividness) - 16 * burn;
  for (let q = 0; q < data.length; q += 3) {
    const r = levelAt(data, q);
    const g = levelAt(data, q + 1);
    const b = levelAt(data, q + 2);
    const luma = 0.299 * r + 0.587 * g + 0.114 * b;
    const base = (luma - 128) * contrast + lift - luma * saturation;
    out[q] = base + r * saturation;
    out[q + 1] = base + g * saturation;
    out[q + 2] = base + b * saturation;
  }
}

/** Torn bands: strips of the image slip sideways, with their colours apart. */
function glitch(pixels: Pixels, artefacts: number, random: Random): void {
  const bands = Math.round(GLITCHES.most * Math.max(0, artefacts - GLITCHES.from));
  for (let i = 0; i < GLITCHES.most; i++) {
    const [at, tall, slip] = [random(), 0.025 + 0.05 * random(), (random() - 0.5) * 0.36];
    if (i < bands)
      slipBand(pixels, Math.floor(at * pixels.height), Math.ceil(tall * pixels.height), Math.round(slip * pixels.width));
  }
}

function slipBand({ width, height, data }: Pixels, top: number, tall: number, slip: number): void {
  for (let y = top; y < Math.min(height, top + tall); y++) {
    const row = data.slice(3 * y * width, 3 * (y + 1) * width);
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        const from = (x + slip + Math.round(((c - 1) * slip) / 3) + 2 * width) % width;
        data[3 * (y * width + x) + c] = levelAt(row, 3 * from + c);
      }
    }
  }
}

/** Adds blotchy grain, grey and slightly coloured, coarse enough to survive a smaller size. */
function grain(pixels: Pixels, noise: number, random: Random): void {
  const { width, height, data } = pixels;
  const out = clamped(pixels);
  const size = Math.max(width, height);
  const [ox, oy] = offset(random, size);
  const [luma, chroma] = [GRAIN.luma * noise, GRAIN.chroma * noise];
  if (luma < 1) return;
  const [grey, warm, green] = [grainField("grey", size), grainField("warm", size), grainField("green", size)];
  for (let y = 0; y < height; y++) {
    const row = ((y + oy) % size) * size;
    for (let x = 0; x < width; x++) {
      const i = row + (x + ox < size ? x + ox : x + ox - size);
      const q = 3 * (y * width + x);
      const l = luma * valueAt(grey, i);
      const w = chroma * valueAt(warm, i);
      out[q] = levelAt(data, q) + l + w;
      out[q + 1] = levelAt(data, q + 1) + l + chroma * valueAt(green, i);
      out[q + 2] = levelAt(data, q + 2) + l - w;
    }
  }
}

/** Two lattices that do not line up, so that no squares show. */
function grainField(name: string, size: number): Float32Array {
  return field(name, [83, 131], size).values;
}

/** `data[i]`, for an index that is known to lie in the array. See `valueAt`. */
function levelAt(data: Uint8Array, i: number): number {
  const level = data[i];
  if (level === undefined) throw outside(data, i);
  return level;
}

/** Draws an offset into a wrapping field; the same share of the field at every size. */
function offset(random: Random, size: number): [number, number] {
  return [Math.floor(random() * size), Math.floor(random() * size)];
}

/** A view of the same bytes that rounds and clamps what is written. */
function clamped({ data }: Pixels): Uint8ClampedArray {
  return new Uint8ClampedArray(data.buffer, data.byteOffset, data.length);
}
