import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { freeMemory } from "../../src/trained/freeMemory.ts";

const held = (): number => process.memoryUsage().arrayBuffers;

test("arrays that nothing refers to are given back, others are kept", async () => {
  const kept = new Uint8Array(2 ** 22).fill(1);
  const before = held();
  (() => new Uint8Array(2 ** 23).fill(1))();
  expect(held()).toBeGreaterThan(before + 2 ** 22);
  freeMemory();
  await setTimeout(50); // Array buffers are swept on another thread.
  expect(held()).toBeLessThan(before + 2 ** 22);
  expect(held()).toBeGreaterThanOrEqual(kept.byteLength);
});
