/** @file Repainting: the colour is the one asked for, the shading stays. */

import { describe, expect, test } from "vitest";
import { bodyFills, nearestColor, PAINT, repaint, toHex, toOklch } from "../src/colors.ts";
import { COLORS } from "../src/scene.ts";
import { objects } from "../src/vocabulary.ts";

describe("OKLCH", () => {
  // Values of https://oklch.com
  test.each([
    ["#ffffff", 1, 0, null],
    ["#ff0000", 0.628, 0.2577, 29.23],
    ["#00ff00", 0.8664, 0.2948, 142.5],
    ["#0000ff", 0.452, 0.3132, 264.05],
  ])("of %s is as published", (hex, l, c, h) => {
    const found = toOklch(hex);
    expect(found.l).toBeCloseTo(l, 3);
    expect(found.c).toBeCloseTo(c, 3);
    if (h !== null) expect(((found.h * 180) / Math.PI + 360) % 360).toBeCloseTo(h, 0);
  });

  test("goes there and back without loss", () => {
    for (const hex of ["#000000", "#ffffff", "#123456", "#f8312f", "#00d26a", "#808080"]) expect(toHex(toOklch(hex))).toBe(hex);
  });
});

test("each paint is nearest to its own word", () => {
  for (const color of COLORS) expect(nearestColor(PAINT[color])).toBe(color);
});

describe("repaint", () => {
  test("gives every object's largest fill the colour asked for", () => {
    for (const { fills, word } of objects)
      for (const color of COLORS) {
        const main = repaint(fills, color).get(bodyFills(fills)[0]!);
        expect(main && nearestColor(main), `${color} ${word}`).toBe(color);
      }
  });

  test("keeps which fill is the lighter one", () => {
    for (const { fills, word } of objects)
      for (const color of COLORS) {
        const pairs = [...repaint(fills, color)].map(([from, to]) => [toOklch(from).l, toOklch(to).l] as const);
        for (const [a, x] of pairs)
          for (const [b, y] of pairs) if (a > b) expect(x - y, `${color} ${word}`).toBeGreaterThan(-0.005);
      }
  });

  test("leaves a leaf green and eyes black", () => {
    expect([
      ...repaint(
        [
          ["#f8312f", 0.89],
          ["#00d26a", 0.08],
          ["#212121", 0.03],
        ],
        "blue",
      ).keys(),
    ]).toEqual(["#f8312f"]);
  });
});
