import { expect, test } from "vitest";
import { microBatches } from "../../src/data/plan.ts";
import { type FeedOptions, type Filling, pairFeed } from "../../src/model/pairFeed.ts";
import type { Training } from "../../src/model/training.ts";
import { distance, openTiny, type TinyData, tinyData, trainTiny } from "../tinyTraining.ts";

/** Lengths that need different numbers of columns: a batch of short ones is narrower than the whole. */
const captionOf = (i: number) => (i < 4 ? "cat" : "the red dog a blue tree the green cat");

/** All pairs as one micro-batch. */
const feedOf = (training: Training, { pairs, tokens, pixels }: TinyData, options: FeedOptions) =>
  pairFeed(training, microBatches(pairs, pairs.length)[0]!, tokens, pixels, options);

test("accumulating 4 x 2 pairs is one batch of 8 within 1e-6, parameters and losses, though captions differ in length", async () => {
  const data = await tinyData({ captionOf });
  const columns = [0, 4].map((i) => data.tokens.batch([captionOf(i)], 1).columns);
  expect(columns[0]).toBeLessThan(columns[1]!);
  const [cut, whole] = [await openTiny("all", data), await openTiny("all", data)];
  const start = new Map([...whole.state.parameters.views].map(([name, view]) => [name, Float32Array.from(view)]));
  const rate = 3e-5; // AdamW makes steps of this size even of elements whose gradient is little more than rounding.
  const losses = [
    await trainTiny(cut, data, { steps: 5, size: 2, rate }),
    await trainTiny(whole, data, { steps: 5, size: 8, rate }),
  ];
  for (const [i, loss] of losses[0]!.entries()) expect(Math.abs(loss - losses[1]![i]!)).toBeLessThan(1e-6);
  for (const [name, view] of whole.state.parameters.views) {
    if (name.endsWith("k_proj.bias")) continue; // Its gradient is rounding noise, of which AdamW makes whole steps.
    const other = cut.state.parameters.views.get(name)!;
    const difference = Math.max(...view.map((value, i) => Math.abs(value - other[i]!)));
    expect(difference, name).toBeLessThan(1e-6);
    expect(distance(view, start.get(name)!), name).toBeGreaterThan(3e-5);
  }
});

test("texts without padding are fewer tokens and give the same loss and gradients", async () => {
  const data = await tinyData({ captionOf });
  const [packed, padded] = [await openTiny("all", data), await openTiny("all", data)];
  const { ids, grid } = feedOf(packed, data, { packed: true }).inputs;
  expect(ids!.length).toBeLessThan(0.7 * grid!.length);
  const losses = [await trainTiny(packed, data, { packed: true }), await trainTiny(padded, data, { packed: false })];
  expect(Math.abs(losses[0]![0]! - losses[1]![0]!)).toBeLessThan(1e-6);
  // With the first step from 0, and no clipping, these are a tenth of the gradients.
  const norm = distance(padded.state.expAvg.flat, new Float32Array(padded.state.expAvg.flat.length));
  expect(norm).toBeGreaterThan(1e-3);
  expect(distance(packed.state.expAvg.flat, padded.state.expAvg.flat)).toBeLessThan(1e-5 * norm);
});

test("rows that fill up a batch change nothing", async () => {
  const data = await tinyData();
  const [few, tight] = [await openTiny("all", data), await openTiny("all", data)];
  const some = { ...data, pairs: data.pairs.slice(0, 3) };
  const rows = (filling: Filling) => feedOf(few, some, { filling }).inputs.ends!.length;
  expect(rows("tight")).toBeLessThan(rows("few graphs"));
  const [[filled], [exact]] = [await trainTiny(few, some, {}), await trainTiny(tight, some, { lean: true })];
  expect(Math.abs(filled! - exact!)).toBeLessThan(1e-6);
});
