import { expect, test } from "vitest";
import { pairFeed } from "../src/pairFeed.ts";
import { microBatches } from "../src/plan.ts";
import { distance, openTiny, tinyData, trainTiny } from "./tinyTraining.ts";

/** Lengths that need different numbers of columns: a batch of short ones is narrower than the whole. */
const captionOf = (i: number) => (i < 4 ? "cat" : "the red dog a blue tree the green cat");

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

test("rows that fill up a batch change nothing", async () => {
  const data = await tinyData();
  const [few, tight] = [await openTiny("all", data), await openTiny("all", data)];
  const [batch] = microBatches(data.pairs.slice(0, 3), 3);
  const rows = (filling: "few graphs" | "tight") => pairFeed(few, batch!, data.tokens, data.pixels, filling).inputs.eos!.length;
  expect(rows("tight")).toBeLessThan(rows("few graphs"));
  const some = { ...data, pairs: data.pairs.slice(0, 3) };
  const [[filled], [exact]] = [await trainTiny(few, some, {}), await trainTiny(tight, some, { lean: true })];
  expect(Math.abs(filled! - exact!)).toBeLessThan(1e-6);
});
