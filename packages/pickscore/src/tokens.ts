/** @file Token ids of texts, computed once each and cut to what a batch needs. */
import { type ClipConfig, type ClipTokenizer, eosPositions } from "@pickapic/clip";

export interface TokenBatch {
  /** [texts, columns] */
  ids: BigInt64Array;
  /** [texts] */
  eos: BigInt64Array;
  columns: number;
}

export interface TokenCache {
  /** The tokens of `texts`, and of the first one again until there are `rows` rows. */
  batch(texts: readonly string[], rows: number): TokenBatch;
}

/** Columns come in multiples of this, so that few graphs serve all lengths. */
const COLUMN_STEP = 8;

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
  return {
    batch(texts, rows) {
      const tokens = texts.map(tokensOf);
      while (tokens.length < rows) tokens.push(tokens[0]!);
      const eos = BigInt64Array.from(tokens, (each) => each.eos);
      const columns = Math.max(least, columnsFor([...eos]));
      const ids = new BigInt64Array(rows * columns);
      for (const [row, each] of tokens.entries()) ids.set(each.ids.subarray(0, columns), row * columns);
      return { ids, eos, columns };
    },
  };
}

function tokenize(text: string, tokenizer: ClipTokenizer, { text: tower }: ClipConfig): { ids: BigInt64Array; eos: bigint } {
  const ids = tokenizer.encode([text]);
  return { ids, eos: eosPositions(ids, tokenizer.maxPositions, tower)[0]! };
}
