/** @file Plans the splits of rankings that are columns, and gives each its rows. */

import { seededRandom } from "@pickapic/chance";
import { allRows, type Block, type ColumnData, valueAt } from "../columns/block.ts";
import { rowFrom } from "../columns/cells.ts";
import { type CopiedTexts, chosenTexts, GrowingDictionary, packedTexts, type TextDictionary } from "../columns/dictionary.ts";
import { everyValue, GrowingNumbers } from "../columns/growing.ts";
import { release } from "../columns/memory.ts";
import { COLUMNS, type ColumnName, OWN_SPLITS, SPLITS, type Split } from "../row.ts";
import { NEAR_DUPLICATE } from "../splits/nearDuplicates.ts";
import { dictionaryFamilies } from "../splits/promptThread.ts";
import { shortages } from "../splits/shortage.ts";
import { planColumns, type SplitPlanColumns, type SplitSettings } from "../splits/splits.ts";
import { brokenRow } from "../validate/columnRules.ts";
import { JUDGED, type Judged, problemsOf } from "../validate/consistency.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { rowInvalid } from "./placement.ts";
import type { PlacedRows } from "./publish.ts";

/** Blocks with the plan of their splits. */
export interface PlacedColumns {
  readonly blocks: readonly Block[];
  /** Prompt of each ranking, as an index. */
  readonly prompts: Int32Array;
  readonly plan: SplitPlanColumns;
  readonly total: number;
  readonly rule: string;
  readonly warnings: readonly string[];
  readonly fingerprint: string;
}

/** Reads all blocks, checks every ranking and plans the splits. */
export async function placeBlocks(
  source: AsyncIterable<Block>,
  settings: SplitSettings & { readonly seed: number; readonly signal?: AbortSignal },
  fingerprint: Fingerprint,
): Promise<PlacedColumns> {
  const blocks: Block[] = [];
  const prompts = new Prompts();
  for await (const block of source) {
    settings.signal?.throwIfAborted();
    blocks.push(block);
    prompts.add(textsOf(block, "caption"), block.length);
  }
  const { codes, texts } = prompts;
  // While a thread compares the prompts, this one checks the rankings.
  const comparing = new AbortController();
  const signal = AbortSignal.any([comparing.signal, ...(settings.signal ? [settings.signal] : [])]);
  const compared = dictionaryFamilies(texts, { least: settings.nearDuplicates ?? NEAR_DUPLICATE, signal });
  compared.catch(() => undefined); // It is awaited below; until then its failure must not count as unhandled.
  try {
    checkAll(blocks, fingerprint);
  } catch (error) {
    comparing.abort(error);
    throw error;
  }
  const families = await compared;
  const columns = { prompts: codes, families, people: joined(blocks, "user_id") };
  const plan = planColumns(columns, seededRandom(settings.seed), settings);
  const warnings = shortages({ ...plan, validation: rowsIn(plan, "validation"), test: rowsIn(plan, "test") }, settings);
  addPrompts(fingerprint, codes, texts);
  const told = { rule: plan.rule, warnings, fingerprint: fingerprint.digest() };
  return { blocks, prompts: codes, plan, total: codes.length, ...told };
}

/** Checks every ranking, and adds them to the fingerprint. */
function checkAll(blocks: readonly Block[], fingerprint: Fingerprint): void {
  for (const block of blocks) {
    checkBlock(block);
    addBlock(fingerprint, block);
  }
  checkUnique(joined(blocks, "ranking_id"));
}

/** The number of rankings of a split. */
function rowsIn({ splits }: SplitPlanColumns, split: (typeof OWN_SPLITS)[number]): number {
  const code = OWN_SPLITS.indexOf(split);
  let rows = 0;
  for (let i = 0; i < splits.length; i++) rows += Number(splits[i] === code);
  return rows;
}

/** Adds the columns that differ between two versions of a ranking. Prompts are added later, for all blocks together. */
function addBlock(fingerprint: Fingerprint, block: Block): void {
  const { columns } = block;
  const { rows } = allRows(block);
  for (const name of ["ranking_id", "user_id", "created_at", "label_0"] as const) {
    const data = columns.get(name);
    if (data?.kind !== "integers" && data?.kind !== "numbers") continue;
    const values = everyValue(data, rows);
    fingerprint.addValues(values);
    if (values !== data.values) release(values.buffer);
  }
  release(rows.buffer);
  fingerprint.addText(String(valueAt(columns.get("image_0_url"), 0, false)));
}

/** Adds the prompt of each ranking, and the different prompts. */
function addPrompts(fingerprint: Fingerprint, codes: Int32Array, texts: CopiedTexts): void {
  const { bytes, starts } = packedTexts(texts);
  fingerprint.addValues(codes).addValues(starts).addValues(bytes);
  for (const { buffer } of [bytes, starts]) release(buffer);
}

type Texts = Extract<ColumnData, { kind: "texts" }>;

/** The different prompts of all blocks, numbered in their order. While all blocks share a dictionary, none of its texts is copied. */
class Prompts {
  readonly #translated = new Map<TextDictionary, Int32Array>();
  /** The code of each different prompt in the only dictionary so far. */
  readonly #chosen = new GrowingNumbers((length) => new Int32Array(length));
  /** The different prompts, from the second dictionary on. */
  #copied: GrowingDictionary | undefined;
  readonly #codes = new GrowingNumbers((length) => new Int32Array(length));
  #bytes = new Uint8Array();

  add({ codes, dictionary, of }: Texts, length: number): void {
    if (this.#translated.size > 0 && !this.#translated.has(dictionary)) this.#copied ??= this.#copyOf(this.texts);
    const translated = this.#translated.get(dictionary) ?? new Int32Array(dictionary.size).fill(-1);
    this.#translated.set(dictionary, translated);
    for (let row = 0; row < length; row++) {
      const code = codes[of?.[row] ?? row] ?? 0;
      if (translated[code] === -1) translated[code] = this.#codeOf(dictionary, code);
      this.#codes.push(translated[code] ?? 0);
    }
  }

  get codes(): Int32Array {
    return this.#codes.values();
  }

  /** The different prompts. They are read only, and others after a block is added. */
  get texts(): CopiedTexts {
    const [only] = this.#translated.keys();
    return this.#copied ?? (only ? chosenTexts(only, this.#chosen.values()) : new GrowingDictionary());
  }

  #codeOf(dictionary: TextDictionary, code: number): number {
    if (this.#copied) return this.#addCopy(this.#copied, dictionary, code);
    this.#chosen.push(code);
    return this.#chosen.length - 1;
  }

  #copyOf(texts: CopiedTexts): GrowingDictionary {
    const copied = new GrowingDictionary();
    for (let code = 0; code < texts.size; code++) this.#addCopy(copied, texts, code);
    return copied;
  }

  #addCopy(copied: GrowingDictionary, texts: CopiedTexts, code: number): number {
    const length = texts.byteLength(code);
    if (length > this.#bytes.length) this.#bytes = new Uint8Array(2 * length);
    texts.write(code, this.#bytes, 0);
    return copied.codeOf(this.#bytes, 0, length);
  }
}

function checkBlock(block: Block): void {
  const row = brokenRow(block);
  if (row === undefined) return;
  const judged: Judged = rowFrom(RULED, ({ name, type }) => valueAt(block.columns.get(name), row, type === "bool"));
  const problem = problemsOf(judged).find(({ severity }) => severity === "error");
  if (problem) throw rowInvalid(integersOf(block, "ranking_id")[row] ?? 0n, problem.text);
}

/** The columns that the rules of a row look at. */
const RULED = COLUMNS.filter(({ name }) => JUDGED.some((judged) => judged === name));

/** Ids of an export ascend. So most of them are found to be different without sorting a copy of them. */
function checkUnique(ids: BigInt64Array): void {
  if (ascend(ids)) return;
  const sorted = ids.toSorted();
  for (let i = 1; i < sorted.length; i++) {
    const id = sorted[i] ?? 0n;
    if (id === sorted[i - 1]) throw rowInvalid(id, "every ranking_id must be unique, but it came twice");
  }
}

function ascend(ids: BigInt64Array): boolean {
  for (let i = 1; i < ids.length; i++) if ((ids[i] ?? 0n) <= (ids[i - 1] ?? 0n)) return false;
  return true;
}

function textsOf({ columns }: Block, name: ColumnName): Texts {
  const data = columns.get(name);
  if (data?.kind !== "texts") throw new TypeError(`a block of rankings: ${name} must be texts, but it is ${data?.kind}`);
  return data;
}

function integersOf({ columns }: Block, name: ColumnName): BigInt64Array {
  const data = columns.get(name);
  if (data?.kind !== "integers" || data.of)
    throw new TypeError(`a block of rankings: ${name} must be integers, one for each row, but it is ${data?.kind}`);
  return data.values;
}

/** A column of all blocks, one after the other; that of the only block is not copied. */
function joined(blocks: readonly Block[], name: ColumnName): BigInt64Array {
  const [first] = blocks;
  if (first && blocks.length === 1) return integersOf(first, name);
  const all = new BigInt64Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(integersOf(block, name), at);
    at += block.length;
  }
  return all;
}

/** Rows that are handed on at once, so that a long block shows progress and can be aborted. */
const STEP = 50_000;

/** The rows of each split, block by block, with the two columns that only the finished dataset can say. */
export async function* placedBlocks({ blocks, prompts, plan }: PlacedColumns): AsyncIterable<PlacedRows> {
  // A prompt is in one split only, so that its rankings in the split are all that it has.
  const counts = new Int32Array(plan.prompts);
  for (const prompt of prompts) counts[prompt] = (counts[prompt] ?? 0) + 1;
  const perPrompt = integers(counts.length, (prompt) => counts[prompt] ?? 0);
  let start = 0;
  for (const block of blocks) {
    const whole = withCounts(block, start, { values: perPrompt, of: prompts.subarray(start, start + block.length) });
    const unique = withCounts(block, start, { values: integers(1, () => 1), of: new Int32Array(block.length) });
    for (let first = 0; first < block.length; first += STEP) {
      const last = Math.min(block.length, first + STEP);
      for (const [split, rows] of rowsOfSplits(plan, start, first, last))
        if (rows.length > 0) yield { split, block: split.endsWith("_unique") ? unique : whole, rows };
    }
    start += block.length;
  }
}

/** The rows first ... last - 1 of a block that starts at ranking `start`, by split. */
function rowsOfSplits(plan: SplitPlanColumns, start: number, first: number, last: number): Map<Split, Int32Array> {
  return new Map(SPLITS.map((split) => [split, rowsOfSplit(plan, split, start, first, last)]));
}

function rowsOfSplit({ splits, unique }: SplitPlanColumns, split: Split, start: number, first: number, last: number): Int32Array {
  const code = OWN_SPLITS.findIndex((own) => split === own || split === `${own}_unique`);
  const every = OWN_SPLITS.some((own) => split === own);
  const isOf = (row: number) => splits[start + row] === code && (every || unique[start + row] === 1);
  let count = 0;
  for (let row = first; row < last; row++) count += Number(isOf(row));
  const rows = new Int32Array(count);
  for (let row = first, i = 0; i < count; row++) if (isOf(row)) rows[i++] = row;
  return rows;
}

/** A column of int64 of small numbers, 0 ... 2^31 - 1, made without a bigint for each. */
function integers(length: number, numberAt: (row: number) => number): BigInt64Array {
  const halves = new Int32Array(2 * length);
  for (let row = 0; row < length; row++) halves[2 * row] = numberAt(row);
  return new BigInt64Array(halves.buffer);
}

/** The block with the number of each of its rankings and the number of rankings of its prompt. */
function withCounts({ length, columns }: Block, start: number, counts: { values: BigInt64Array; of: Int32Array }): Block {
  return {
    length,
    columns: new Map(columns)
      .set("__index_level_0__", { kind: "integers", values: integers(length, (row) => start + row) })
      .set("num_example_per_prompt", { kind: "integers", ...counts }),
  };
}
