/** @file The best of images that come one after another, with a source and a scorer of numbers. */

import { expect, test } from "vitest";
import { type Arrival, type BestSoFar, expectedGain, type RankingSettings, rankAsTheyCome } from "../../src/index.ts";
import { all } from "../toys.ts";

/** A source of numbers, which are their own scores; a text is why an image failed. `asked` counts what it was asked for. */
async function* source(
  items: readonly (number | string)[],
  asked = { items: 0, isOver: false },
): AsyncGenerator<Arrival<number>> {
  try {
    for (const [index, item] of items.entries()) {
      asked.items++;
      yield typeof item === "string" ? { index, failure: item } : { index, image: item };
    }
  } finally {
    asked.isOver = true;
  }
}

const settings = { score: async (images: readonly number[]) => images, hold: 9, batch: 1, ahead: 1 };
const ranked = (items: readonly (number | string)[], more: Partial<RankingSettings<number>> = {}) =>
  all(rankAsTheyCome(source(items), { ...settings, ...more }));
const bestOf = ({ best }: BestSoFar<number>) => best.map(({ index, score }) => `${index}:${score}`).join(" ");

test("the best are told after each batch, of equal ones the one that was planned first, and whether the first is another one", async () => {
  const told = await ranked([3, 5, 5, 4, 9], { hold: 3 });
  expect(told.map((each) => [bestOf(each), each.isBetter, each.scored])).toEqual([
    ["0:3", true, 1],
    ["1:5 0:3", true, 2],
    ["1:5 2:5 0:3", false, 3],
    ["1:5 2:5 3:4", false, 4],
    ["4:9 1:5 2:5", true, 5],
  ]);
  async function* late(): AsyncGenerator<Arrival<number>> {
    for (const index of [2, 0, 1]) yield { index, image: 7 };
  }
  async function* worse(): AsyncGenerator<Arrival<number>> {
    yield { index: 2, image: 9 };
    yield { index: 0, image: 5 };
  }
  expect((await all(rankAsTheyCome(worse(), settings))).map(bestOf), "an earlier image that is worse").toEqual([
    "2:9",
    "2:9 0:5",
  ]);
  const equal = await all(rankAsTheyCome(late(), settings));
  expect(equal.map(bestOf)).toEqual(["2:7", "0:7 2:7", "0:7 1:7 2:7"]);
});

test("failures are counted by their reason as they were then, and a batch of nothing else asks no scorer", async () => {
  const batches: number[] = [];
  const score = async (images: readonly number[]) => {
    batches.push(images.length);
    return images.map((image) => (image === 1 ? { message: "no picture" } : image));
  };
  const told = await ranked(["broken", 1, "broken", 2], { score });
  expect(told.map(({ failed, scored, failures }) => [failed, scored, Object.fromEntries(failures)])).toEqual([
    [1, 0, { broken: 1 }],
    [2, 0, { broken: 1, "no picture": 1 }],
    [3, 0, { broken: 2, "no picture": 1 }],
    [3, 1, { broken: 2, "no picture": 1 }],
  ]);
  expect(batches).toEqual([1, 1]);
});

test("the expected gain is that of the scores at its time, also when it is read later", async () => {
  const scores = [1, 2, 4, 3, 5, 9];
  const told = await ranked(scores);
  expect(told.map((each) => each.expectedGain)).toEqual(scores.map((_, i) => expectedGain(scores.slice(0, i + 1))));
});

test("a source that fails is told of after the images that came before", async () => {
  async function* broken(): AsyncGenerator<Arrival<number>> {
    yield* source([1, 2]);
    throw new Error("gone");
  }
  const seen: string[] = [];
  // The source has failed before the first image has its score.
  const score = async (images: readonly number[]) => {
    await new Promise(setImmediate);
    return images;
  };
  const watch = async () => {
    for await (const each of rankAsTheyCome(broken(), { ...settings, score, ahead: 8 })) seen.push(bestOf(each));
  };
  await expect(watch()).rejects.toThrow("gone");
  expect(seen).toEqual(["0:1", "1:2 0:1"]);
});

test("a caller that leaves the loop, and a scorer that fails, end the source, which is asked for nothing more than it may be ahead", async () => {
  const many = Array.from({ length: 50 }, (_, i) => i);
  const turns = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };
  const left = { items: 0, isOver: false };
  for await (const _first of rankAsTheyCome(source(many, left), settings)) {
    await turns();
    expect(left).toEqual({ items: 1, isOver: false });
    break;
  }
  await turns();
  expect(left.isOver).toBe(true);
  expect(left.items).toBeLessThanOrEqual(2);

  const failed = { items: 0, isOver: false };
  const score = () => Promise.reject(new Error("no scorer"));
  await expect(all(rankAsTheyCome(source(many, failed), { ...settings, score, ahead: 4 }))).rejects.toThrow("no scorer");
  await turns();
  expect(failed.isOver).toBe(true);
  expect(failed.items).toBeLessThanOrEqual(5);
});

test("by default eight are scored at a time, and the source is two batches ahead", async () => {
  const asked = { items: 0, isOver: false };
  const many = Array.from({ length: 40 }, (_, i) => i);
  const batches: [scored: number, asked: number][] = [];
  const score = async (images: readonly number[]) => {
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    batches.push([images.length, asked.items]);
    return images;
  };
  await all(rankAsTheyCome(source(many, asked), { score, hold: 1 }));
  expect(Math.max(...batches.map(([scored]) => scored))).toBe(8);
  let scored = 0;
  for (const [images, items] of batches) {
    expect(items - scored).toBeLessThanOrEqual(17);
    scored += images;
  }
  expect(batches[0]?.[1]).toBeGreaterThan(8);
});
