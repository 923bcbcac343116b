/** @file Plans the splits of rankings that are columns, and gives each its rows. */

import { type Block, type ColumnData, valueAt } from "../columns/block.ts";
import { COLUMNS, type ColumnName, SPLITS, type Split } from "../row.ts";
import type { SplitSettings } from "../splits/splits.ts";
import { brokenRow } from "../validate/columnRules.ts";
import { JUDGED, type Judged, problemsOf } from "../validate/consistency.ts";
import { type Placement, place, rowInvalid } from "./placement.ts";
import type { PlacedRows } from "./publish.ts";

/** Reads all blocks, checks every ranking and plans the splits. */
export async function placeBlocks(
  source: AsyncIterable<Block>,
  settings: SplitSettings & { readonly seed: number; readonly signal?: AbortSignal },
): Promise<{ blocks: Block[]; placement: Placement }> {
  const blocks: Block[] = [];
  const ids: bigint[] = [];
  const rankings: { caption: string; user_id: bigint }[] = [];
  const captions = new Map<unknown, string[]>();
  for await (const block of source) {
    settings.signal?.throwIfAborted();
    checkBlock(block);
    blocks.push(block);
    const caption = textsOf(block, "caption");
    const known = captions.get(caption.dictionary) ?? [];
    captions.set(caption.dictionary, known);
    const people = integersOf(block, "user_id").values;
    for (const [row, id] of integersOf(block, "ranking_id").values.entries()) {
      const code = caption.codes[row] ?? 0;
      known[code] ??= caption.dictionary.text(code);
      ids.push(id);
      rankings.push({ caption: known[code], user_id: people[row] ?? 0n });
    }
  }
  checkUnique(ids);
  return { blocks, placement: place(ids, rankings, settings) };
}

function checkBlock(block: Block): void {
  const row = brokenRow(block);
  if (row === undefined) return;
  const judged = Object.fromEntries(JUDGED.map((name) => [name, valueAt(block.columns.get(name), row, BOOLEANS.has(name))]));
  const problem = problemsOf(judged as unknown as Judged).find(({ severity }) => severity === "error");
  if (problem) throw rowInvalid(integersOf(block, "ranking_id").values[row] ?? 0n, problem.text);
}

const BOOLEANS: ReadonlySet<ColumnName> = new Set(COLUMNS.filter(({ type }) => type === "bool").map(({ name }) => name));

function checkUnique(ids: readonly bigint[]): void {
  const sorted = BigInt64Array.from(ids).sort();
  for (let i = 1; i < sorted.length; i++) {
    const id = sorted[i] ?? 0n;
    if (id === sorted[i - 1]) throw rowInvalid(id, "every ranking_id must be unique, but it came twice");
  }
}

function textsOf({ columns }: Block, name: ColumnName): Extract<ColumnData, { kind: "texts" }> {
  const data = columns.get(name);
  if (data?.kind !== "texts") throw new TypeError(`a block of rankings: ${name} must be texts, but it is ${data?.kind}`);
  return data;
}

function integersOf({ columns }: Block, name: ColumnName): Extract<ColumnData, { kind: "integers" }> {
  const data = columns.get(name);
  if (data?.kind !== "integers") throw new TypeError(`a block of rankings: ${name} must be integers, but it is ${data?.kind}`);
  return data;
}

/** The rows of each split, block by block, with the two columns that only the finished dataset can say. */
export async function* placedBlocks(blocks: readonly Block[], placement: Placement): AsyncIterable<PlacedRows> {
  let start = 0;
  for (const block of blocks) {
    const rows = new Map<Split, number[]>(SPLITS.map((split) => [split, []]));
    const examples = new BigInt64Array(block.length);
    for (let row = 0; row < block.length; row++) {
      for (const { split, num_example_per_prompt } of placement.splitsOf(start + row)) {
        rows.get(split)?.push(row);
        if (!split.endsWith("_unique")) examples[row] = num_example_per_prompt;
      }
    }
    const index = BigInt64Array.from({ length: block.length }, (_, row) => BigInt(start + row));
    const whole = withCounts(block, index, examples);
    const unique = withCounts(block, index, new BigInt64Array(block.length).fill(1n));
    for (const [split, of] of rows)
      if (of.length > 0) yield { split, block: split.endsWith("_unique") ? unique : whole, rows: Int32Array.from(of) };
    start += block.length;
  }
}

function withCounts({ length, columns }: Block, index: BigInt64Array, examples: BigInt64Array): Block {
  return {
    length,
    columns: new Map(columns)
      .set("__index_level_0__", { kind: "integers", values: index })
      .set("num_example_per_prompt", { kind: "integers", values: examples }),
  };
}
