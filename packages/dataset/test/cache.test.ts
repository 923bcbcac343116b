import { expect, test } from "vitest";
import { ByteCache } from "../src/cache.ts";

test("a cache makes each thing once while it fits, and forgets what was used longest ago", async () => {
  const cache = new ByteCache(25);
  const made: string[] = [];
  const get = (key: string) =>
    cache.get(key, async () => {
      made.push(key);
      return new Uint8Array(10);
    });
  await Promise.all([get("a"), get("a")]);
  await get("b");
  await get("a");
  await get("c"); // b goes
  await get("a");
  await get("b");
  expect(made).toEqual(["a", "b", "c", "b"]);
});

test("a failure is not remembered", async () => {
  const cache = new ByteCache(100);
  await expect(cache.get("a", () => Promise.reject(new Error("away")))).rejects.toThrow("away");
  expect(await cache.get("a", async () => new Uint8Array([1]))).toEqual(new Uint8Array([1]));
});
