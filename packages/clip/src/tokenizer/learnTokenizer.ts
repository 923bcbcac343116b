/** @file Learns a byte-pair vocabulary of CLIP's kind from captions (Sennrich et al. 2016). It can encode any text. */

import { itemAt } from "@pickapic/errors";
import { END, START, type TokenizerFiles, tokenizerJson, WORDS } from "./tokenizer.ts";

/** Ends the last symbol of a word. */
const WORD_END = "</w>";

/** One printable character per byte, as in GPT-2 and CLIP: the byte itself if printable, else from U+0100 on. */
const BYTE_SYMBOLS = byteSymbols();

type Merge = readonly [left: string, right: string];

/** A word as symbols, and how often it occurs. */
interface Word {
  symbols: string[];
  readonly count: number;
}

/**
 * Learns at most `size` tokens: 256 bytes, the same at the end of a word, merges by frequency, and the two special ones, which
 * have the highest ids. The same corpus gives the same files. A pair that occurs once is not merged.
 * @param corpus captions; each is read once
 * @param size number of tokens, at least 514
 * @param maxPositions tokens of a text, written into tokenizer_config.json
 * @returns files that transformers' CLIPTokenizer and `openTokenizer` load
 */
export function learnTokenizer(corpus: Iterable<string>, size: number, maxPositions = 77): TokenizerFiles {
  const symbols = [...BYTE_SYMBOLS, ...BYTE_SYMBOLS.map((symbol) => symbol + WORD_END)];
  const room = size - symbols.length - 2;
  if (room < 0) throw new Error(`learnTokenizer: size must be at least ${symbols.length + 2}; got ${size}`);
  const merges = learnMerges(countWords(corpus), room);
  const tokens = [...symbols, ...new Set(merges.map((pair) => pair.join(""))), START, END];
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return new Map([
    ["tokenizer.json", JSON.stringify(tokenizerJson(vocab, merges))],
    ["vocab.json", JSON.stringify(vocab)],
    ["merges.txt", ["#version: 0.2", ...merges.map((pair) => pair.join(" ")), ""].join("\n")],
    ["tokenizer_config.json", `${JSON.stringify(tokenizerConfig(maxPositions), null, 2)}\n`],
  ]);
}

function tokenizerConfig(maxPositions: number): Record<string, unknown> {
  return {
    tokenizer_class: "CLIPTokenizer",
    model_max_length: maxPositions,
    bos_token: START,
    eos_token: END,
    unk_token: END,
    pad_token: END,
    do_lower_case: true,
  };
}

function countWords(corpus: Iterable<string>): Word[] {
  const counts = new Map<string, number>();
  const words = new RegExp(WORDS, "gu");
  for (const text of corpus) {
    for (const [word] of text.normalize("NFC").toLowerCase().matchAll(words)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return [...counts].map(([word, count]) => ({ symbols: spell(word), count }));
}

function spell(word: string): string[] {
  const symbols = Array.from(new TextEncoder().encode(word), (byte) => itemAt(BYTE_SYMBOLS, byte));
  return symbols.map((symbol, i) => (i === symbols.length - 1 ? symbol + WORD_END : symbol));
}

/** Merges the most frequent pair repeatedly; among equals, the first in the order of code points. */
function learnMerges(words: readonly Word[], most: number): Merge[] {
  const pairs = countPairs(words);
  const spelled = new Set<string>();
  const merges: Merge[] = [];
  while (spelled.size < most) {
    const best = mostFrequent(pairs);
    if (best === null) break;
    const { merge, words } = best;
    for (const word of words) mergeIn(word, merge, pairs);
    pairs.delete(keyOf(merge));
    merges.push(merge);
    // Two different pairs may spell the same token; it gets one id.
    spelled.add(merge.join(""));
  }
  return merges;
}

/** Two symbols that stand beside each other: how often they occur, and in which words. */
interface Pair {
  readonly merge: Merge;
  count: number;
  readonly words: Set<Word>;
}

/** All pairs, by `keyOf`. */
type Pairs = Map<string, Pair>;

/** The pair as text, "left right", by whose code points equally frequent pairs are ordered. */
const keyOf = ([left, right]: Merge): string => `${left} ${right}`;

function countPairs(words: readonly Word[]): Pairs {
  const pairs: Pairs = new Map();
  for (const word of words) countWord(word, word.count, pairs);
  return pairs;
}

function countWord(word: Word, times: number, pairs: Pairs): void {
  let left: string | undefined;
  for (const right of word.symbols) {
    if (left !== undefined) countPair([left, right], word, times, pairs);
    left = right;
  }
}

function countPair(merge: Merge, word: Word, times: number, pairs: Pairs): void {
  const key = keyOf(merge);
  const pair = pairs.get(key) ?? { merge, count: 0, words: new Set() };
  pair.count += times;
  pair.words.add(word);
  pairs.set(key, pair);
}

/** Returns the pair that occurs most often, at least twice; null when there is none. */
function mostFrequent(pairs: Pairs): Pair | null {
  let [bestKey, best]: [string, Pair | null] = ["", null];
  for (const [key, pair] of pairs) {
    const most = best?.count ?? 1;
    if (pair.count > most || (best !== null && pair.count === most && key < bestKey)) [bestKey, best] = [key, pair];
  }
  return best;
}

function mergeIn(word: Word, [left, right]: Merge, pairs: Pairs): void {
  countWord(word, -word.count, pairs);
  const merged: string[] = [];
  for (const symbol of word.symbols) {
    if (symbol === right && merged.at(-1) === left) merged[merged.length - 1] = left + right;
    else merged.push(symbol);
  }
  word.symbols = merged;
  countWord(word, word.count, pairs);
}

function byteSymbols(): string[] {
  const printable = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}
