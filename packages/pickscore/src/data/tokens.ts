/** @file Token ids of texts, computed once each and cut to what a batch needs. */

import { type ClipConfig, type ClipTokenizer, eosPositions, type PackedTexts } from "@pickapic/clip";
import { itemAt } from "@pickapic/errors";

export interface TokenBatch {
  /** [texts, columns] */
  ids: BigInt64Array;
  /** [texts] */
  eos: BigInt64Array;
  columns: number;
}

/** Texts one after another: the inputs of `packedTextTower` by their names there. */
export type PackedTokens = Readonly<Record<keyof PackedTexts, BigInt64Array>>;

export interface TokenCache {
  /** The tokens of `texts`, and of the first one again until there are `rows` rows. */
  batch(texts: readonly string[], rows: number): TokenBatch;
  /** The tokens of `texts` without padding. Rows from `texts.length` to `rows` belong to no text. */
  packed(texts: readonly string[], rows: number): PackedTokens;
}

/** Columns come in multiples of this, so that few graphs serve all lengths. */
const COLUMN_STEP = 8;
/** Packed tokens come in multiples of this share of the grid, for the same reason. */
const PACK_STEP = 1 / 8;

export const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;

/**
 * A token sees only those before it, so columns after the longest text's end are left out.
 * @param corpus texts that are known beforehand: all batches get the columns that the longest of them needs, so one graph serves all
 */
export function createTokenCache(tokenizer: ClipTokenizer, config: ClipConfig, corpus: readonly string[] = []): TokenCache {
  const { maxPositions } = tokenizer;
  const known = new Map<string, { ids: BigInt64Array; eos: bigint }>();
  const tokensOf = (text: string) => {
    const tokens = known.get(text) ?? tokenize(text, tokenizer, config);
    known.set(text, tokens);
    return tokens;
  };
  const columnsFor = (ends: readonly bigint[]) => {
    const longest = ends.reduce((most, end) => (end > most ? end : most), 0n);
    return Math.min(maxPositions, roundUp(Number(longest) + 1, COLUMN_STEP));
  };
  const least = columnsFor(corpus.map((text) => tokensOf(text).eos));
  const columnsOf = (tokens: readonly { eos: bigint }[]) => Math.max(least, columnsFor(tokens.map(({ eos }) => eos)));
  return {
    batch(texts, rows) {
      const tokens = texts.map(tokensOf);
      while (tokens.length < rows) tokens.push(itemAt(tokens, 0));
      const eos = BigInt64Array.from(tokens, (each) => each.eos);
      const columns = columnsOf(tokens);
      const ids = new BigInt64Array(rows * columns);
      for (const [row, each] of tokens.entries()) ids.set(each.ids.subarray(0, columns), row * columns);
      return { ids, eos, columns };
    },
    packed(texts, rows) {
      const tokens = texts.map(tokensOf);
      return packTokens(tokens, rows, columnsOf(tokens));
    },
  };
}

/** A text as the tokenizer gives it, and where it ends. */
interface TextTokens {
  ids: ArrayLike<bigint>;
  eos: bigint;
}

/** Packs texts into a grid of `rows` rows and `width` columns. */
export function packTokens(texts: readonly TextTokens[], rows: number, width: number): PackedTokens {
  const used = texts.reduce((sum, { eos }) => sum + Number(eos) + 1, 0);
  const tokens = Math.min(roundUp(used, Math.ceil(rows * width * PACK_STEP)), rows * width);
  const [ids, columns] = [new BigInt64Array(tokens), new BigInt64Array(tokens)];
  const ends = new BigInt64Array(rows);
  const [grid, places] = [new BigInt64Array(rows * width).fill(-1n), new BigInt64Array(tokens).fill(-1n)];
  let token = 0;
  for (const [row, text] of texts.entries()) {
    for (let column = 0; column <= Number(text.eos); column++, token++) {
      ids[token] = itemAt(text.ids, column);
      columns[token] = BigInt(column);
      grid[row * width + column] = BigInt(token);
      places[token] = BigInt(row * width + column);
    }
    ends[row] = BigInt(token - 1);
  }
  return { ids, columns, ends, grid, places };
}

function tokenize(text: string, tokenizer: ClipTokenizer, { text: tower }: ClipConfig): { ids: BigInt64Array; eos: bigint } {
  const ids = tokenizer.encode([text]);
  return { ids, eos: itemAt(eosPositions(ids, tokenizer.maxPositions, tower), 0) };
}
