import { join } from "node:path";
import { openCheckpoint } from "@pickapic/clip";
import { expect, test } from "vitest";
import { createTokenCache } from "../../src/data/tokens.ts";
import { temporaryFolder, tinyClip } from "../tinyClip.ts";

const LONG = "a red cat a green dog a blue tree";

async function tiny() {
  return openCheckpoint(await tinyClip(join(temporaryFolder(), "tiny")));
}

test("a batch has the tokens of the tokenizer, cut after the longest text", async () => {
  const { tokenizer, config } = await tiny();
  const { ids, eos, columns } = createTokenCache(tokenizer, config).batch(["a cat", "the dog"], 2);
  const whole = tokenizer.encode(["a cat", "the dog"]);
  const { maxPositions } = tokenizer;
  expect(columns).toBe(8);
  expect([...ids]).toEqual([0, 1].flatMap((row) => [...whole.subarray(row * maxPositions, row * maxPositions + columns)]));
  for (const row of [0, 1]) expect(ids[row * columns + Number(eos[row])]).toBe(BigInt(config.text.eosTokenId));
});

test("rows that fill up a batch repeat the first text", async () => {
  const { tokenizer, config } = await tiny();
  const { ids, eos, columns } = createTokenCache(tokenizer, config).batch(["a cat"], 3);
  expect([...ids.subarray(columns, 2 * columns)]).toEqual([...ids.subarray(0, columns)]);
  expect(eos[2]).toBe(eos[0]);
});

test("packed, texts stand one after another, and their grid finds every token", async () => {
  const { tokenizer, config } = await tiny();
  const texts = ["a cat", LONG, "", "the dog"];
  const cache = createTokenCache(tokenizer, config);
  const padded = cache.batch(texts, 4);
  const { ids, columns, ends, grid, cells } = cache.packed(texts, 5);
  const width = grid.length / 5;
  expect(width).toBe(padded.columns);
  expect(ids.length).toBeLessThan(grid.length);
  let next = 0n;
  for (const [place, token] of grid.entries()) {
    const [row, column] = [Math.floor(place / width), place % width];
    const isIn = row < texts.length && BigInt(column) <= padded.eos[row]!;
    expect(token).toBe(isIn ? next++ : -1n);
    if (!isIn) continue;
    expect(ids[Number(token)]).toBe(padded.ids[place]);
    expect(columns[Number(token)]).toBe(BigInt(column));
    expect(cells[Number(token)]).toBe(BigInt(place));
    if (BigInt(column) === padded.eos[row]) expect(ends[row]).toBe(token);
  }
  // What rounds up is in no text.
  expect([...cells.subarray(Number(next))]).toEqual(Array(cells.length - Number(next)).fill(-1n));
  expect(ends[4]).toBe(0n);
});

test("all batches of a corpus have the columns of its longest text", async () => {
  const { tokenizer, config } = await tiny();
  const cache = createTokenCache(tokenizer, config, ["a cat", LONG]);
  expect(cache.batch(["a cat"], 1).columns).toBe(cache.batch([LONG], 1).columns);
});
