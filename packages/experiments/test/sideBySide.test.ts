import { expect, test } from "vitest";
import { sideBySide } from "../src/sideBySide.ts";

const signal = new AbortController().signal;
const after = (ms: number) => new Promise((done) => setTimeout(done, ms));

test("results come in the order of the items, whoever is first, and no more than the limit are in the making", async () => {
  let running = 0;
  let most = 0;
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    await after(20 - 4 * item);
    running--;
    return 10 * item;
  };
  const counts: number[] = [];
  expect(await sideBySide([1, 2, 3, 4, 5], work, { atOnce: 2, signal, onDone: (done) => counts.push(done) })).toEqual([
    10, 20, 30, 40, 50,
  ]);
  expect(most).toBe(2);
  expect(counts).toEqual([1, 2, 3, 4, 5]);
});

test("after a failure nothing new is begun", async () => {
  const begun: number[] = [];
  const work = async (item: number) => {
    begun.push(item);
    if (item === 2) throw new Error("two");
  };
  await expect(sideBySide([1, 2, 3, 4, 5, 6], work, { atOnce: 2, signal })).rejects.toThrow("two");
  expect(begun.length).toBeLessThan(5);
});

test("an abort ends it with its reason", async () => {
  const controller = new AbortController();
  const work = async () => controller.abort(new Error("enough"));
  await expect(sideBySide([1, 2, 3], work, { atOnce: 1, signal: controller.signal })).rejects.toThrow("enough");
});
