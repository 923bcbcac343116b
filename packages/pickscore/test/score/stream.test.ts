import { expect, test } from "vitest";
import type { ImageFailure, ImageScore, PromptedImage, Scorer } from "../../src/index.ts";
import { scoreStream } from "../../src/score/stream.ts";
import { fakeScorer } from "../fakeScorer.ts";

interface Row {
  prompt: string;
  image: string | ImageFailure;
}

const scoreOf = ({ image }: PromptedImage): ImageScore =>
  image === "broken" ? { code: "PICKAPIC_IMAGE_UNREADABLE", message: "broken: no" } : { score: Number(image) };

/** Answers after a moment; counts what was sent and how many calls were open at once. */
function counting(answer: (pairs: readonly PromptedImage[]) => ImageScore[] = (pairs) => pairs.map(scoreOf)) {
  const seen = { sizes: [] as number[], open: 0, mostOpen: 0 };
  const scorer: Scorer = fakeScorer({
    async scorePairs(pairs) {
      seen.sizes.push(pairs.length);
      seen.mostOpen = Math.max(seen.mostOpen, ++seen.open);
      await new Promise((resolve) => setTimeout(resolve, 1));
      seen.open--;
      return answer(pairs);
    },
  });
  return { scorer, seen };
}

function* numbered(count: number, taken: { rows: number } = { rows: 0 }): Generator<Row> {
  for (let i = 0; i < count; i++) {
    taken.rows++;
    yield { prompt: "x", image: `${i}` };
  }
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("each row comes back with its score, in order, whatever the size of the last batch", async () => {
  for (const count of [0, 1, 4, 5, 23]) {
    const { scorer, seen } = counting();
    const results = await collect(scoreStream(scorer, numbered(count), { batch: 5, ahead: 2 }));
    expect(results.map(({ row, result }) => [row.image, result])).toEqual(
      Array.from({ length: count }, (_, i) => [`${i}`, { score: i }]),
    );
    expect(seen.sizes.reduce((a, b) => a + b, 0)).toBe(count);
    expect(seen.mostOpen).toBeLessThanOrEqual(2);
  }
});

test("several batches are under way at once, and no more rows are read than they hold", async () => {
  const { scorer, seen } = counting();
  const taken = { rows: 0 };
  let results = 0;
  for await (const _ of scoreStream(scorer, numbered(1000, taken), { batch: 10, ahead: 3 })) {
    results++;
    expect(taken.rows - results).toBeLessThanOrEqual(30);
  }
  expect(results).toBe(1000);
  expect(seen.mostOpen).toBe(3);
});

test("a row that has no image keeps its reason, is not sent, and does not shift the others", async () => {
  const failure: ImageFailure = { code: "PICKAPIC_IMAGE_UNREADABLE", message: "row 2: nothing." };
  const { scorer, seen } = counting();
  const rows: Row[] = ["7", failure, "broken", "9"].map((image) => ({ prompt: "x", image }));
  const results = await collect(scoreStream(scorer, rows));
  expect(results.map(({ result }) => result)).toEqual([
    { score: 7 },
    failure,
    { code: "PICKAPIC_IMAGE_UNREADABLE", message: "broken: no" },
    { score: 9 },
  ]);
  expect(seen.sizes).toEqual([3]);
});

test("a scorer that fails, and rows that fail, end the stream with their error", async () => {
  const { scorer } = counting((pairs) => {
    if (pairs.some(({ image }) => image === "12")) throw new Error("the engine is gone");
    return pairs.map(scoreOf);
  });
  await expect(collect(scoreStream(scorer, numbered(100), { batch: 5 }))).rejects.toThrow("the engine is gone");
  const rows = async function* () {
    yield* numbered(7);
    throw new Error("row 8 is broken");
  };
  await expect(collect(scoreStream(counting().scorer, rows(), { batch: 5 }))).rejects.toThrow("row 8 is broken");
});
