/** @file Backgrounds as SVG, in a square of 512 units. */

import { between, pick, type Random, seeded } from "@pickapic/chance";
import { PAINT, tint, toHex, toOklch } from "./colors.ts";
import { SQUARE } from "./layout.ts";
import { type Background, type Color, colorOf, isScenery, type Scenery } from "./scene.ts";

/** Draws a background; `composition` seeds where hills and clouds lie. */
export function drawBackground(background: Background, composition: number): string {
  const random = seeded("background", composition);
  return isScenery(background) ? SCENERIES[background](random) : backdrop(colorOf(background), random);
}

const SCENERIES: Readonly<Record<Scenery, (random: Random) => string>> = {
  meadow: (random) =>
    sky(pick(random, ["#7cc4f2", "#8fd0ee", "#a3cdf5"]), "#e9f6fb") +
    sunDisc(random, "#fff3bf") +
    clouds(random, 3, "#ffffff") +
    hill(random, 268, 46, "#a9d48d", "#8dc47a") +
    hill(random, 306, 34, "#8fcb72", "#6fb45c") +
    hill(random, 352, 22, "#7bbf5c", "#559f49") +
    tufts(random, "#4b9444", 16),
  beach: (random) =>
    sky("#8ed6f4", "#f4fbfb") +
    sunDisc(random, "#fff6cf") +
    clouds(random, 2, "#ffffff") +
    `${defineGradient("sea", "#3f9fce", "#8bdbe0")}<rect y="236" width="512" height="120" fill="url(#sea)"/>` +
    glitter(random) +
    hill(random, 338, 14, "#fbf6e2", "#f3e3b8") +
    hill(random, 350, 14, "#f6e6bb", "#e2c58a") +
    pebbles(random, "#cfae74", 16),
  night: (random) =>
    sky("#141a4a", "#4b4f93") +
    stars(random, 46) +
    moonDisc(random) +
    hill(random, 318, 50, "#2c3572", "#232a5f") +
    hill(random, 368, 30, "#20285a", "#171d45"),
  room: (random) => {
    const wall = pick(random, ["#f3e2cf", "#e8dfd2", "#f1ddd6", "#dfe6df"]);
    return wallAndFloor(random, wall, pick(random, ["#c99b6b", "#b98a5e", "#d1a878"]));
  },
  desert: (random) =>
    sky("#f7b267", "#fdecc8") +
    sunDisc(random, "#fff0c0") +
    hill(random, 266, 40, "#e9b872", "#d79a55") +
    hill(random, 312, 46, "#e6a85f", "#cf8743") +
    hill(random, 366, 30, "#efbd75", "#d9974f") +
    pebbles(random, "#b97436", 8),
  snow: (random) =>
    sky("#a9c6e6", "#eef5fb") +
    peaks(random) +
    hill(random, 316, 30, "#f1f6fb", "#d5e3f2") +
    hill(random, 362, 22, "#ffffff", "#dfe9f5") +
    flakes(random, 40),
};

/** A studio wall in one colour with a soft light. */
function backdrop(color: Color, random: Random): string {
  const { l } = toOklch(PAINT[color]);
  const base = color === "white" ? 0.97 : color === "black" ? 0.27 : Math.min(0.86, l * 0.7 + 0.24);
  const softness = color === "white" || color === "black" ? 0.5 : 0.8;
  const [light, dark] = [tint(color, Math.min(0.99, base + 0.09), softness), tint(color, base - 0.09, softness)];
  const x = between(random, 0.3, 0.7).toFixed(2);
  const floor = toHex({ ...toOklch(dark), l: toOklch(dark).l - 0.03 });
  return (
    `<radialGradient id="wall" cx="${x}" cy=".36" r=".85"><stop stop-color="${light}"/><stop offset="1" stop-color="${dark}"/></radialGradient>` +
    `<linearGradient id="floor" x2="0" y2="1"><stop stop-color="${floor}" stop-opacity="0"/><stop offset=".25" stop-color="${floor}" stop-opacity=".55"/>` +
    `<stop offset="1" stop-color="${light}" stop-opacity=".5"/></linearGradient>` +
    `<rect width="512" height="512" fill="url(#wall)"/><rect y="330" width="512" height="182" fill="url(#floor)"/>`
  );
}

/** A vertical gradient, to be used as `url(#id)`. */
function defineGradient(id: string, top: string, bottom: string): string {
  return `<linearGradient id="${id}" x2="0" y2="1"><stop stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient>`;
}

function sky(top: string, bottom: string): string {
  return `${defineGradient("sky", top, bottom)}<rect width="512" height="512" fill="url(#sky)"/>`;
}

/** A ridge across the whole width, filled from its crest down. */
function hill(random: Random, y: number, rise: number, top: string, bottom: string): string {
  const id = `hill${y}`;
  let before = (y - rise * random()).toFixed(1);
  let path = `M0 ${SQUARE}V${before}`;
  for (let x = 128; x <= SQUARE; x += 128) {
    const crest = (y - rise * random()).toFixed(1);
    path += `C${x - 64} ${before} ${x - 64} ${crest} ${x} ${crest}`;
    before = crest;
  }
  return `${defineGradient(id, top, bottom)}<path fill="url(#${id})" d="${path}V${SQUARE}Z"/>`;
}

function sunDisc(random: Random, color: string): string {
  const [x, y] = [between(random, 60, 450).toFixed(0), between(random, 50, 110).toFixed(0)];
  return `<circle cx="${x}" cy="${y}" r="62" fill="${color}" opacity=".35"/><circle cx="${x}" cy="${y}" r="34" fill="${color}"/>`;
}

function moonDisc(random: Random): string {
  const [x, y] = [between(random, 60, 450).toFixed(0), between(random, 50, 100).toFixed(0)];
  return `<circle cx="${x}" cy="${y}" r="58" fill="#f6efc8" opacity=".14"/><circle cx="${x}" cy="${y}" r="30" fill="#f6efc8"/>`;
}

function clouds(random: Random, n: number, color: string): string {
  return Array.from({ length: n }, () => {
    const [x, y, s] = [between(random, 20, 440), between(random, 40, 170), between(random, 0.6, 1.1)];
    return `<g transform="translate(${x.toFixed(0)} ${y.toFixed(0)}) scale(${s.toFixed(2)})" fill="${color}" opacity=".75"><ellipse cx="40" cy="22" rx="48" ry="14"/><circle cx="26" cy="14" r="16"/><circle cx="50" cy="10" r="20"/></g>`;
  }).join("");
}

function tufts(random: Random, color: string, n: number): string {
  const blades = Array.from({ length: n }, () => {
    const [x, y] = [between(random, 0, 512).toFixed(0), between(random, 380, 505).toFixed(0)];
    return `M${x} ${y}l-5 -14M${x} ${y}l1 -17M${x} ${y}l6 -13`;
  });
  return `<path d="${blades.join("")}" stroke="${color}" stroke-width="2.5" stroke-linecap="round" opacity=".6"/>`;
}

function pebbles(random: Random, color: string, n: number): string {
  const stones = Array.from({ length: n }, () => {
    const [x, y, r] = [between(random, 0, 512), between(random, 385, 505), between(random, 2, 5)];
    return `<ellipse cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" rx="${(r * 1.6).toFixed(1)}" ry="${r.toFixed(1)}"/>`;
  });
  return `<g fill="${color}" opacity=".55">${stones.join("")}</g>`;
}

function glitter(random: Random): string {
  const waves = Array.from({ length: 12 }, () => {
    const [x, y, w] = [between(random, 0, 480), between(random, 246, 325), between(random, 16, 48)];
    return `M${x.toFixed(0)} ${y.toFixed(0)}h${w.toFixed(0)}`;
  });
  return `<path d="${waves.join("")}" stroke="#e9fbff" stroke-width="2.5" stroke-linecap="round" opacity=".5"/>`;
}

function stars(random: Random, n: number): string {
  const dots = Array.from({ length: n }, () => {
    const [x, y, r] = [between(random, 0, 512), between(random, 0, 310), between(random, 0.8, 2.8)];
    return `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${r.toFixed(1)}"/>`;
  });
  return `<g fill="#fff7d8">${dots.join("")}</g>`;
}

function flakes(random: Random, n: number): string {
  const dots = Array.from({ length: n }, () => {
    const [x, y, r] = [between(random, 0, 512), between(random, 0, 512), between(random, 1.5, 4)];
    return `<circle cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" r="${r.toFixed(1)}"/>`;
  });
  return `<g fill="#fff" opacity=".8">${dots.join("")}</g>`;
}

function peaks(random: Random): string {
  return [90, 250, 420]
    .map((center) => {
      const [x, y] = [center + between(random, -40, 40), between(random, 120, 190)];
      const w = between(random, 130, 180);
      const cap = `M${x} ${y}L${x - w * 0.28} ${y + 62}l${w * 0.14} -12l${w * 0.14} 16l${w * 0.14} -14l${w * 0.14} 10Z`;
      return `<path fill="#8fa6c4" d="M${x} ${y}L${x - w} 345H${x + w}Z"/><path fill="#fff" d="${cap}"/>`;
    })
    .join("");
}

function wallAndFloor(random: Random, wall: string, wood: string): string {
  const x = pick(random, [40, 330]);
  const paper = toOklch(wall);
  const stripe = toHex({ ...paper, l: paper.l - 0.03 });
  const boards = [378, 412, 456].map((y) => `M0 ${y}H512`).join("");
  const stripes = Array.from({ length: 8 }, (_, i) => `<rect x="${i * 68 + 10}" width="26" height="340" fill="${stripe}"/>`).join(
    "",
  );
  return (
    `${defineGradient("floor", wood, toHex({ ...toOklch(wood), l: toOklch(wood).l - 0.1 }))}<rect width="512" height="512" fill="${wall}"/>${stripes}` +
    `<g transform="translate(${x} 56)"><rect width="140" height="150" rx="6" fill="#fffaf2"/><rect x="9" y="9" width="122" height="132" fill="#a8daf3"/>` +
    `<circle cx="96" cy="46" r="16" fill="#fff3b8"/><path d="M9 120c40 -30 80 -20 122 -6v27H9Z" fill="#9ccd86"/><path d="M70 9v132M9 75h122" stroke="#fffaf2" stroke-width="7"/></g>` +
    `<rect y="332" width="512" height="180" fill="url(#floor)"/><rect y="324" width="512" height="14" fill="#fffaf2"/><path d="${boards}" stroke="#000" stroke-opacity=".1" stroke-width="3"/>`
  );
}
