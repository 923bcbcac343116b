/** @file Tokenizes each text once, and makes padded or packed batches of the token ids. */

import { type ClipConfig, type ClipTokenizer, eosPositions, type PackedTexts } from "@pickapic/clip";
import { itemAt } from "@pickapic/errors";

/** Texts as rows of equal length: the inputs of `textTower`. */
export interface TokenBatch {
  /** [texts, columns] */
  ids: BigInt64Array;
  /** [texts] */
  eos: BigInt64Array;
  columns: number;
}

/** Texts one after another without padding: the inputs of `packedTextTower` by name. */
export type PackedTokens = Readonly<Record<keyof PackedTexts, BigInt64Array>>;

/** Makes batches of texts; each text is tokenized once. */
export interface TokenCache {
  /** Padded tokens of `texts`. The first text fills the rows up to `rows`. */
  batch(texts: readonly string[], rows: number): TokenBatch;
  /** Packed tokens of `texts`. Rows from `texts.length` to `rows` belong to no text. */
  packed(texts: readonly string[], rows: number): PackedTokens;
}

/** The columns of a batch are a multiple of this, so that a few graphs serve all text lengths. */
const COLUMN_STEP = 8;
/** The number of packed tokens is a multiple of this share of rows x columns, so that a few graphs serve all batches. */
const PACK_STEP = 1 / 8;

/** The smallest multiple of `unit` that is at least `n`. */
export const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;

/**
 * Makes a token cache. Batches leave out the columns after the end of their longest text: attention is causal, so these change no result.
 * @param corpus texts known beforehand; every batch has at least the columns that the longest of them needs, so that one graph serves all
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

/** The token ids of a text and the position of its end token. */
interface TextTokens {
  ids: ArrayLike<bigint>;
  eos: bigint;
}

/** Packs texts without padding, with the indices that lead from the packed tokens to a grid of `rows` x `width` and back. */
export function packTokens(texts: readonly TextTokens[], rows: number, width: number): PackedTokens {
  const used = texts.reduce((sum, { eos }) => sum + Number(eos) + 1, 0);
  const tokens = Math.min(roundUp(used, Math.ceil(rows * width * PACK_STEP)), rows * width);
  const [ids, columns] = [new BigInt64Array(tokens), new BigInt64Array(tokens)];
  const ends = new BigInt64Array(rows);
  const [grid, cells] = [new BigInt64Array(rows * width).fill(-1n), new BigInt64Array(tokens).fill(-1n)];
  let token = 0;
  for (const [row, text] of texts.entries()) {
    for (let column = 0; column <= Number(text.eos); column++, token++) {
      ids[token] = itemAt(text.ids, column);
      columns[token] = BigInt(column);
      grid[row * width + column] = BigInt(token);
      cells[token] = BigInt(row * width + column);
    }
    ends[row] = BigInt(token - 1);
  }
  return { ids, columns, ends, grid, cells };
}

function tokenize(text: string, tokenizer: ClipTokenizer, { text: tower }: ClipConfig): { ids: BigInt64Array; eos: bigint } {
  const ids = tokenizer.encode([text]);
  return { ids, eos: itemAt(eosPositions(ids, tokenizer.maxPositions, tower), 0) };
}
