/** @file Draws a depiction as SVG: background, shadows, things. */

import { drawBackground } from "./background.ts";
import { repaint } from "./colors.ts";
import type { Depiction, ShownThing } from "./depiction.ts";
import { iconBody } from "./icons.ts";
import { type Item, layOut, SQUARE } from "./layout.ts";
import { objectOf } from "./vocabulary.ts";

/** Returns the drawing, to be rendered at `width` x `height` px. */
export function drawSvg(depiction: Depiction, width: number, height: number): string {
  const items = layOut(depiction);
  const [scaleX, scaleY] = [width / SQUARE, height / SQUARE];
  const scale = Math.min(scaleX, scaleY);
  const stretch = `scale(${scaleX} ${scaleY})`;
  const center = `translate(${(width - scale * SQUARE) / 2} ${(height - scale * SQUARE) / 2}) scale(${scale})`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${SHADOW}` +
    `<defs>${depiction.shown.things.map(defineThing).join("")}</defs>` +
    `<g transform="${stretch}">${drawBackground(depiction.shown.background, depiction.composition)}</g>` +
    `<g transform="${center}">${items.map(drawShadow).join("")}${items.map(drawItem).join("")}</g></svg>`
  );
}

const SHADOW =
  '<radialGradient id="shadow"><stop stop-color="#101830" stop-opacity=".42"/><stop offset=".55" stop-color="#101830" stop-opacity=".26"/><stop offset="1" stop-color="#101830" stop-opacity="0"/></radialGradient>';

function defineThing(thing: ShownThing): string {
  return `<g id="thing${thing.asked}">${paintIcon(thing)}</g>`;
}

/** Returns the icon's body in the colour that is shown. */
export function paintIcon({ object, color }: Pick<ShownThing, "object" | "color">): string {
  const { icon, fills } = objectOf(object);
  const body = iconBody(icon);
  if (color === null) return body;
  const paints = repaint(fills, color);
  return body.replace(/fill="(#[0-9a-f]{3,6})"/g, (whole, fill: string) =>
    paints.has(fill) ? `fill="${paints.get(fill)}"` : whole,
  );
}

/** The icon's visible box, scaled so that its longer side is the item's size. */
function fit({ thing, size }: Item): { scale: number; cx: number; cy: number; width: number; height: number } {
  const [left, top, right, bottom] = objectOf(thing.object).box;
  const scale = size / Math.max(right - left, bottom - top);
  return { scale, cx: (left + right) / 2, cy: (top + bottom) / 2, width: (right - left) * scale, height: (bottom - top) * scale };
}

function drawShadow(item: Item): string {
  const { width, height } = fit(item);
  const y = item.y + height / 2 - item.size * 0.015;
  return `<ellipse cx="${item.x.toFixed(1)}" cy="${y.toFixed(1)}" rx="${(width * 0.52).toFixed(1)}" ry="${(item.size * 0.085).toFixed(1)}" fill="url(#shadow)"/>`;
}

function drawItem(item: Item): string {
  const { scale, cx, cy } = fit(item);
  const mirror = item.flipped ? -scale : scale;
  const transform = `translate(${item.x.toFixed(1)} ${item.y.toFixed(1)}) rotate(${item.angle.toFixed(1)}) scale(${mirror.toFixed(4)} ${scale.toFixed(4)}) translate(${-cx} ${-cy})`;
  return `<use href="#thing${item.thing.asked}" transform="${transform}"/>`;
}
