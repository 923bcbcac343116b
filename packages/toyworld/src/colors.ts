/** @file Colour arithmetic in OKLCH (Björn Ottosson, 2020), and recolouring an icon without losing its shading. */

import { COLORS, type Color } from "./scene.ts";

/** A colour in OKLCH: lightness l, 0...1; chroma c, 0...about 0.37; hue h, radians. */
export interface Oklch {
  l: number;
  c: number;
  h: number;
}

/** The colour that each colour word stands for. */
export const PAINT: Record<Color, string> = {
  red: "#e2332d",
  orange: "#fa8a1c",
  yellow: "#fbd12f",
  green: "#3cab48",
  blue: "#2f7fe6",
  purple: "#8b45cc",
  pink: "#ff85bd",
  brown: "#8a5636",
  black: "#2c2b33",
  white: "#f6f5f4",
};

/** How much of the shading is preserved, 0...1. White and black have little room above or below. */
const SHADING: Partial<Record<Color, number>> = { white: 0.45, black: 0.55, yellow: 0.7 };

/** Converts `#rgb` or `#rrggbb` to OKLCH. */
export function toOklch(hex: string): Oklch {
  const digits = hex.length === 4 ? [...hex.slice(1)].map((d) => d + d).join("") : hex.slice(1);
  const channel = (from: number) => toLinear(Number.parseInt(digits.slice(from, from + 2), 16) / 255);
  const [r, g, b] = [channel(0), channel(2), channel(4)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
  const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
  return { l: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, c: Math.hypot(a, bb), h: Math.atan2(bb, a) };
}

/** Converts OKLCH to `#rrggbb`, lowering chroma until the colour is in sRGB. */
export function toHex(color: Oklch): string {
  let { c } = color;
  let rgb = toRgb({ ...color, c });
  while (c > 0.005 && rgb.some((v) => v < -0.002 || v > 1.002)) {
    c *= 0.94;
    rgb = toRgb({ ...color, c });
  }
  return `#${rgb.map(toByte).join("")}`;
}

function toRgb({ l, c, h }: Oklch): [number, number, number] {
  const a = c * Math.cos(h);
  const b = c * Math.sin(h);
  const ll = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * ll - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * ll + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * ll - 0.7034186147 * m + 1.707614701 * s,
  ];
}

function toByte(linear: number): string {
  const v = Math.min(1, Math.max(0, linear));
  const srgb = v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055;
  return Math.round(srgb * 255)
    .toString(16)
    .padStart(2, "0");
}

function toLinear(v: number): number {
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
}

/** Signed angle from b to a, -pi ... pi. */
function angleBetween(a: number, b: number): number {
  return Math.atan2(Math.sin(a - b), Math.cos(a - b));
}

/** Euclidean distance of two colours in OKLab. */
function distance(a: Oklch, b: Oklch): number {
  const dx = a.c * Math.cos(a.h) - b.c * Math.cos(b.h);
  const dy = a.c * Math.sin(a.h) - b.c * Math.sin(b.h);
  return Math.hypot(a.l - b.l, 2 * dx, 2 * dy);
}

/** The colour word closest to `hex`. */
export function nearestColor(hex: string): Color {
  const seen = toOklch(hex);
  return COLORS.reduce((best, word) =>
    distance(seen, toOklch(PAINT[word])) < distance(seen, toOklch(PAINT[best])) ? word : best,
  );
}

/** A fill of an icon, and the share of the icon's visible area that it covers, 0...1. */
export type FillShare = readonly [fill: string, share: number];

/** Fills darker than this are lines and pupils, which are not recoloured unless most of the object is that dark. */
const INK = 0.36;

/**
 * Returns the fills that make up "the colour" of an icon: the largest one that is not a line, all of similar hue, and so on until
 * they cover `enough` of the icon.
 * @param shares fills of the icon, largest first
 */
export function bodyFills(shares: readonly FillShare[], enough = 0.5): string[] {
  const ink = shares.filter(([fill]) => toOklch(fill).l < INK);
  const rest = shares.filter(([fill]) => toOklch(fill).l >= INK);
  const pool = [...rest, ...ink];
  const chosen: FillShare[] = [];
  for (const candidate of pool) {
    const covered = chosen.reduce((sum, [, share]) => sum + share, 0);
    if (covered < enough || chosen.some(([fill]) => similar(fill, candidate[0]))) chosen.push(candidate);
  }
  return chosen.map(([fill]) => fill);
}

function similar(a: string, b: string): boolean {
  const [x, y] = [toOklch(a), toOklch(b)];
  if (x.l < INK || y.l < INK) return false;
  if (x.c < 0.04 || y.c < 0.04) return x.c < 0.04 && y.c < 0.04 && Math.abs(x.l - y.l) < 0.4;
  return Math.abs(angleBetween(x.h, y.h)) < 0.7;
}

/**
 * Returns which fills to replace so that an icon gets the colour. The largest fill of the body becomes the colour itself; the
 * others keep their difference in lightness and a little of that in hue.
 */
export function repaint(shares: readonly FillShare[], color: Color): Map<string, string> {
  const body = bodyFills(shares);
  const target = toOklch(PAINT[color]);
  const main = toOklch(body[0] ?? "#888888");
  const shading = SHADING[color] ?? 0.85;
  return new Map(body.map((fill) => [fill, toHex(shade(toOklch(fill), main, target, shading))]));
}

function shade(fill: Oklch, main: Oklch, target: Oklch, shading: number): Oklch {
  const l = Math.min(0.985, Math.max(0.13, target.l + (fill.l - main.l) * shading));
  const vivid = main.c > 0.04 ? Math.min(1.15, Math.max(0.55, fill.c / main.c)) : 1 - 0.5 * Math.max(0, fill.l - main.l);
  return { l, c: target.c * vivid, h: target.h + 0.2 * Math.max(-0.8, Math.min(0.8, angleBetween(fill.h, main.h))) };
}

/** A tint of a colour for walls and skies: lighter or darker, and less saturated. */
export function tint(color: Color, lightness: number, softness = 0.55): string {
  const { c, h } = toOklch(PAINT[color]);
  return toHex({ l: lightness, c: c * softness, h });
}
