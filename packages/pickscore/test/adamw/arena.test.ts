import { expect, test } from "vitest";
import { createArena, fillArena } from "../../src/adamw/arena.ts";

const shapes = new Map([["scale", []], ["bias", [5]], ["weight", [4, 5]]]); // biome-ignore format: one row

test("tensors are windows onto one array, each at the start of a line, and the gaps stay 0", () => {
  const arena = createArena(shapes);
  fillArena(arena, new Map([["scale", Float32Array.of(7)], ["bias", new Float32Array(5).fill(1)], ["weight", new Float32Array(20).fill(2)]])); // biome-ignore format: one row
  for (const view of arena.views.values()) expect(view.byteOffset % 64).toBe(0);
  expect(arena.flat.length % 16).toBe(0);
  expect(arena.flat.reduce((a, b) => a + b)).toBe(7 + 5 + 40);
  arena.views.get("bias")!.fill(0);
  expect(arena.flat.reduce((a, b) => a + b)).toBe(7 + 40);
});

test("tensors that are missing or of another size are a bug, named", () => {
  const arena = createArena(shapes);
  expect(() => fillArena(arena, new Map())).toThrow("scale: expected 1 values; got none");
  expect(() => fillArena(arena, new Map([["scale", Float32Array.of(1, 2)]]))).toThrow("scale: expected 1 values; got 2");
});
