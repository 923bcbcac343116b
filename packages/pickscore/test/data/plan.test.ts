import fc from "fast-check";
import { expect, test } from "vitest";
import { epochOrder, microBatches, type Pair, rememberOrders, sharePrompts, stepPairs } from "../../src/data/plan.ts";

const pair = (caption: string, image0: string, image1: string, examplesPerPrompt = 1): Pair => ({
  caption,
  image0,
  image1,
  target: [1, 0],
  examplesPerPrompt,
});

test("a text or an image that several pairs share is listed once", () => {
  const [batch] = microBatches([pair("cat", "a", "b"), pair("cat", "a", "c"), pair("dog", "c", "a")], 8);
  expect(batch).toMatchObject({
    texts: ["cat", "dog"],
    images: ["a", "c", "b"],
    text: [0, 0, 1],
    image0: [0, 0, 1],
    image1: [2, 1, 0],
  });
});

test("weights sum to 1 over the step, however it is cut", () => {
  const pairs = [1, 2, 2, 5, 7, 1].map((n, i) => pair(`p${i}`, `a${i}`, `b${i}`, n));
  const whole = microBatches(pairs, 6).flatMap((batch) => batch.weights);
  const cut = microBatches(pairs, 4).flatMap((batch) => batch.weights);
  expect(cut).toEqual(whole);
  expect(whole.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
});

test("a step is cut in the order of its pairs, the last micro-batch shorter", () => {
  const pairs = ["a", "b", "c", "d", "e"].map((name) => ({ ...pair(name, `${name}0`, `${name}1`), target: [0, 1] as const }));
  const batches = microBatches(pairs, 2);
  expect(batches.map(({ texts }) => texts)).toEqual([["a", "b"], ["c", "d"], ["e"]]);
  expect(batches.map(({ targets }) => targets.length)).toEqual([2, 2, 1]);
  expect(batches[0]?.targets).toEqual([
    [0, 1],
    [0, 1],
  ]);
});

test("orders are asked for once while they are needed: those of the epoch under way and of the one before", () => {
  const asked: number[] = [];
  const orderOf = rememberOrders((epoch) => {
    asked.push(epoch);
    return [epoch];
  });
  expect([0, 1, 0, 1, 2, 1, 2].map((epoch) => orderOf(epoch)[0])).toEqual([0, 1, 0, 1, 2, 1, 2]);
  expect(asked).toEqual([0, 1, 2]);
  orderOf(0);
  expect(asked).toEqual([0, 1, 2, 0]);
});

test("a run that is repeated has the same orders again: golden ones, and none of nothing", () => {
  const captions = ["a", "b", "a", "c", "b", "a"];
  const orders = [0, 1, 2].map((epoch) => epochOrder(captions, "shuffled", 3, epoch).join(""));
  expect(orders).toEqual(["502341", "014253", "432501"]);
  expect(epochOrder([], "shuffled", 3, 0)).toEqual([]);
  expect(sharePrompts([], 0.5, 1)).toEqual(new Set());
});

test("every epoch has every pair once, in an order of its own", () => {
  const captions = Array.from({ length: 50 }, (_, i) => `prompt ${i % 7}`);
  const sorted = captions.map((_, i) => i);
  const orders = [0, 1].map((epoch) => epochOrder(captions, "shuffled", 3, epoch));
  for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual(sorted);
  expect(orders[0]).not.toEqual(orders[1]);
  expect(epochOrder(captions, "shuffled", 3, 0)).toEqual(orders[0]);
});

test("by prompt, the pairs of a prompt follow one another", () => {
  const captions = Array.from({ length: 40 }, (_, i) => `prompt ${i % 5}`);
  const order = epochOrder(captions, "by-prompt", 1, 0).map((i) => captions[i]!);
  const changes = order.filter((caption, i) => i > 0 && caption !== order[i - 1]).length;
  expect(changes).toBe(4);
});

test("steps walk through epoch after epoch without a short batch", () => {
  const sizes = fc.record({ count: fc.integer({ min: 1, max: 20 }), batch: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(sizes, ({ count, batch }) => {
      const orderOf = (epoch: number) => Array.from({ length: count }, (_, i) => epoch * 1000 + i);
      const walked = Array.from({ length: 12 }, (_, step) => stepPairs(step, batch, count, orderOf)).flat();
      expect(walked).toEqual(Array.from({ length: 12 * batch }, (_, i) => Math.floor(i / count) * 1000 + (i % count)));
    }),
  );
});

test("shares of the prompts are nested, exact in number, and depend on the seed and not on the order", () => {
  const prompts = Array.from({ length: 40 }, (_, i) => `prompt ${i}`);
  const shareOf = fc.double({ min: 0.001, max: 1, noNaN: true });
  fc.assert(
    fc.property(shareOf, shareOf, fc.nat(), (a, b, seed) => {
      const [smaller, larger] = [a, b].sort().map((share) => sharePrompts([...prompts, ...prompts], share, seed));
      expect(larger!.size).toBe(Math.ceil(Math.max(a, b) * 40));
      expect([...smaller!].filter((prompt) => !larger!.has(prompt))).toEqual([]);
      expect(sharePrompts(prompts.toReversed(), a, seed)).toEqual(sharePrompts(prompts, a, seed));
    }),
  );
  expect(sharePrompts(prompts, 0.5, 1)).not.toEqual(sharePrompts(prompts, 0.5, 2));
  expect(sharePrompts(["only"], 0.001, 1)).toEqual(new Set(["only"]));
});
