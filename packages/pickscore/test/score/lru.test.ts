import { expect, test } from "vitest";
import { LeastRecentlyUsed } from "../../src/score/lru.ts";

test("what was not asked for the longest is forgotten first", () => {
  const memory = new LeastRecentlyUsed<string, number>(2);
  memory.set("a", 1);
  memory.set("b", 2);
  expect(memory.get("a")).toBe(1);
  memory.set("c", 3);
  expect([memory.get("a"), memory.get("b"), memory.get("c")]).toEqual([1, undefined, 3]);
});
