import type { ImageScore, PromptedImage } from "@pickapic/pickscore/scoring";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type BatchSettings, openBatches } from "../../src/core/batches.ts";

const SETTINGS: BatchSettings = {
  batchImages: 4,
  longestWaitMs: 10,
  batchesAtOnce: 1,
  mostWaiting: 12,
  mostWaitingPerCaller: 8,
};

const images = (caller: string, count: number): PromptedImage[] =>
  Array.from({ length: count }, (_, i) => ({ prompt: caller, image: `${caller}${i}` }));

/** A scorer that the test lets finish one batch at a time. A score is the digit in the image's name. */
function openHeld(settings: Partial<BatchSettings> = {}) {
  const held: { batch: readonly PromptedImage[]; finish(): void; fail(error: Error): void }[] = [];
  const scorePairs = (batch: readonly PromptedImage[]) => {
    const { promise, resolve, reject } = Promise.withResolvers<ImageScore[]>();
    const finish = () => resolve(batch.map(({ image }) => ({ score: Number(String(image).slice(1)) })));
    held.push({ batch, finish, fail: reject });
    return promise;
  };
  const batches = openBatches(scorePairs, { ...SETTINGS, ...settings }, undefined, () => Date.now());
  const names = () => held.map(({ batch }) => batch.map(({ image }) => image).join(" "));
  const finishAll = async () => {
    for (let i = 0; i < held.length; i++) {
      held[i]?.finish();
      await vi.advanceTimersByTimeAsync(20);
    }
  };
  return { batches, held, names, finishAll };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("callers take turns, image by image, and every question gets its own scores in order", async () => {
  const { batches, names, finishAll } = openHeld();
  const a = batches.score(images("a", 6), "a");
  const b = batches.score(images("b", 2), "b");
  const c = batches.score(images("c", 1), "c");
  await finishAll();
  expect(names()).toEqual(["a0 a1 a2 a3", "a4 b0 c0 a5", "b1"]);
  expect((await a).results).toEqual([0, 1, 2, 3, 4, 5].map((score) => ({ score })));
  expect((await b).results).toEqual([{ score: 0 }, { score: 1 }]);
  expect((await c).results).toEqual([{ score: 0 }]);
  expect(batches.waiting).toBe(0);
});

test("a scorer without work takes an image at once; beside another batch it waits for others, no longer than the longest wait", async () => {
  const { batches, names, finishAll } = openHeld({ batchesAtOnce: 3 });
  const first = batches.score(images("a", 1), "a");
  expect(names()).toEqual(["a0"]);
  const second = batches.score(images("b", 1), "b");
  await vi.advanceTimersByTimeAsync(9);
  expect(names()).toEqual(["a0"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(names()).toEqual(["a0", "b0"]);
  const full = batches.score(images("c", 4), "c");
  expect(names().at(-1)).toBe("c0 c1 c2 c3");
  const late = batches.score(images("d", 1), "d");
  await vi.advanceTimersByTimeAsync(5);
  await finishAll();
  const times = await Promise.all([first, second, full, late].map(async (each) => Object.values(await each).slice(1, 3)));
  expect(times, "waited, and of that to fill a batch; the last one found the scorer full for 5 ms").toEqual([
    [0, 0],
    [10, 10],
    [0, 0],
    [10, 5],
  ]);
});

test("a caller and all callers together have a bound, but a question that finds the queue empty gets in", async () => {
  const { batches, finishAll } = openHeld({ batchImages: 1 });
  const large = batches.score(images("a", 9), "a");
  await expect(batches.score(images("a", 1), "a")).rejects.toMatchObject({ code: "PICKAPIC_JUDGE_BUSY", status: 429 });
  const other = batches.score(images("b", 4), "b");
  await expect(batches.score(images("c", 1), "c")).rejects.toThrow(/All callers together already have 12 images waiting/);
  await finishAll();
  expect([(await large).results.length, (await other).results.length]).toEqual([9, 4]);
});

test("a question that is given up leaves the queue, and the others go on", async () => {
  const { batches, names, finishAll } = openHeld();
  const gone = new AbortController();
  const a = batches.score(images("a", 6), "a", gone.signal);
  const b = batches.score(images("b", 3), "b");
  gone.abort(new Error("hung up"));
  await expect(a).rejects.toThrow("hung up");
  await finishAll();
  expect(names()).toEqual(["a0 a1 a2 a3", "b0 b1 b2"]);
  expect((await b).results).toHaveLength(3);
  await batches.idle();
});

test("a batch that fails fails its questions, and the next one is scored", async () => {
  const { batches, held, finishAll } = openHeld();
  const a = batches.score(images("a", 6), "a");
  const b = batches.score(images("b", 1), "b");
  held[0]?.fail(new Error("out of memory"));
  await expect(a).rejects.toThrow("out of memory");
  await finishAll();
  expect((await b).results).toEqual([{ score: 0 }]);
  expect(batches.waiting).toBe(0);
});
