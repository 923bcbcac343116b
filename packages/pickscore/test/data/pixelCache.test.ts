import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createPixelCache } from "../../src/data/pixelCache.ts";
import { temporaryFolder } from "../tinyClip.ts";

const image = (value: number) => new Uint8Array(12).fill(value);

test("what does not fit into memory waits in a file, and reads the same", () => {
  const file = join(temporaryFolder(), "spill");
  const cache = createPixelCache(12, 24, file);
  for (let i = 0; i < 5; i++) cache.add(`image ${i}`, image(i));
  const target = new Uint8Array(24);
  for (const i of [4, 0, 3, 2, 1]) {
    cache.copy(`image ${i}`, target, 1);
    expect([...target]).toEqual([...new Uint8Array(12), ...image(i)]);
  }
  expect(existsSync(file)).toBe(true);
  cache.close();
  expect(existsSync(file)).toBe(false);
});

test("no file is made while everything fits", () => {
  const file = join(temporaryFolder(), "spill");
  const cache = createPixelCache(12, 24, file);
  cache.add("a", image(1));
  expect([cache.has("a"), cache.has("b"), existsSync(file)]).toEqual([true, false, false]);
  cache.close();
});
