/** @file Encodes text as CLIP's byte-pair tokens, with the same ids as transformers' CLIPTokenizer. */

import { Tokenizer } from "@huggingface/tokenizers";
import { expectedOf } from "@pickapic/errors";
import { z } from "zod";
import { ClipError, issueText } from "../errors.ts";
import type { TextConfig } from "../model/config.ts";
import { addedTokens, type Piece, splitter } from "./addedTokens.ts";

/** The files of a tokenizer by name, as they stand beside the weights. */
export type TokenizerFiles = ReadonlyMap<string, string>;

/** Turns texts into the rows of tokens that the text tower reads. */
export interface ClipTokenizer {
  /** Tokens of a row: texts are padded or cut to this length. */
  readonly maxPositions: number;
  readonly files: TokenizerFiles;
  /** [texts, maxPositions]: start, tokens, end, padding. A text that is too long is cut before its end token. */
  encode(texts: readonly string[]): BigInt64Array;
}

/** CLIP's rule for splitting a text into words before byte-pair encoding; a regular expression in Unicode mode. */
export const WORDS = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** The token before every text, unless the tokenizer's settings name another. */
export const START = "<|startoftext|>";
/** The token after every text, unless the tokenizer's settings name another. The text tower's embedding is taken at it. */
export const END = "<|endoftext|>";

const tokenSchema = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)]);
const settingsSchema = z.object({
  bos_token: tokenSchema.default(START),
  eos_token: tokenSchema.default(END),
  pad_token: tokenSchema.nullish(),
});
const vocabularySchema = z.record(z.string(), z.int().nonnegative());
/** The model of a tokenizer.json. A vocabulary is checked without being copied, because it has tens of thousands of tokens. */
const modelSchema = z.looseObject({
  type: z.literal("BPE"),
  vocab: z.custom<Record<string, number>>(isVocabulary).default({}),
});

function isVocabulary(value: unknown): value is Record<string, number> {
  return typeof value === "object" && value !== null && Object.values(value).every((id) => typeof id === "number");
}

/**
 * Opens a tokenizer from tokenizer.json, or from vocab.json and merges.txt.
 * @param source what to call it in errors, usually the folder
 * @param words rows of the model's table of tokens; ids must be below it
 * @throws ClipError PICKAPIC_CLIP_TOKENIZER_BROKEN, also while encoding, because some faults of a tokenizer.json show only then
 */
export function openTokenizer(
  files: TokenizerFiles,
  maxPositions: number,
  source = "tokenizer",
  words = Number.POSITIVE_INFINITY,
): ClipTokenizer {
  const settings = readSettings(files, source);
  const { library, split } = openLibrary(files, settings, source);
  const isId = (id: unknown): id is number => typeof id === "number" && Number.isInteger(id) && id >= 0 && id < words;
  const idOf = (token: string): bigint => {
    const id = library.token_to_id(token);
    if (isId(id)) return BigInt(id);
    return broken(source, `expected the token ${token} in its vocabulary, with an id below ${words}; it is not there`);
  };
  const idsOf = (text: string): number[] => {
    const ids: number[] = attempt(() => encodePieces(library, split(text.toWellFormed().replaceAll("\u03a3", "\u03c3"))), source);
    const wrong = ids.find((id) => !isId(id));
    if (wrong === undefined) return ids;
    return broken(
      source,
      `expected ids below ${words}, as the model has that many tokens; got ${wrong}: it belongs to another model`,
    );
  };
  const end = idOf(settings.eos_token);
  const padding = settings.pad_token ? idOf(settings.pad_token) : end;
  return {
    maxPositions,
    files,
    encode(texts) {
      const ids = new BigInt64Array(texts.length * maxPositions).fill(padding);
      texts.forEach((text, row) => {
        const all = idsOf(text);
        ids.set(all.slice(0, maxPositions).map(BigInt), row * maxPositions);
        if (all.length > maxPositions) ids[(row + 1) * maxPositions - 1] = end;
      });
      return ids;
    },
  };
}

/** Ids of a text between its start and end token. */
function encodePieces(library: Tokenizer, pieces: readonly Piece[]): number[] {
  const [piece, ...more] = pieces;
  if (typeof piece === "string" && more.length === 0) return library.encode(piece).ids;
  const [start, ...end] = library.encode("").ids;
  const ids = pieces.flatMap((each) =>
    typeof each === "number" ? [each] : library.encode(each, { add_special_tokens: false }).ids,
  );
  if (start === undefined) throw new Error("it gives an empty text no start token");
  return [start, ...ids, ...end];
}

/**
 * Returns the column of each row's end token, whose state represents the text, as transformers' CLIPTextModel finds it. Configs
 * from before 2023 say eos_token_id 2, which means "the first position of the highest id". Later ones name the id; its first
 * position counts (0 when it is absent).
 * @param ids [rows, columns]
 */
export function eosPositions(ids: BigInt64Array, columns: number, { eosTokenId }: Pick<TextConfig, "eosTokenId">): BigInt64Array {
  return BigInt64Array.from({ length: ids.length / columns }, (_, row) => {
    const tokens = ids.subarray(row * columns, (row + 1) * columns);
    const end = eosTokenId === 2 ? tokens.reduce((high, id) => (id > high ? id : high)) : BigInt(eosTokenId);
    return BigInt(Math.max(0, tokens.indexOf(end)));
  });
}

interface Settings extends z.output<typeof settingsSchema> {
  /** tokenizer_config.json over special_tokens_map.json, with the special tokens that both omit. */
  readonly config: Record<string, unknown>;
}

function readSettings(files: TokenizerFiles, source: string): Settings {
  const config = { ...readJson(files, "special_tokens_map.json", source), ...readJson(files, "tokenizer_config.json", source) };
  const parsed = settingsSchema.safeParse(config, { error: expectedOf });
  if (!parsed.success) return broken(source, `tokenizer_config.json: ${issueText(parsed.error, config)}`);
  return { ...parsed.data, config: { bos_token: START, eos_token: END, unk_token: END, pad_token: END, ...config } };
}

interface Opened {
  /** The library's tokenizer, without added tokens. */
  readonly library: Tokenizer;
  /** Splits a text into added tokens and the pieces between them. */
  split(text: string): Piece[];
}

/**
 * Opens the library's tokenizer without the steps in which it differs from the Rust library behind transformers: added tokens,
 * and splitting words at JavaScript's white space, which includes U+FEFF. A capital sigma is replaced first, because it has a
 * single lower case there, also at the end of a word. One difference remains: letters new in Unicode 17, which Node knows and the
 * Rust library does not yet.
 */
function openLibrary(files: TokenizerFiles, settings: Settings, source: string): Opened {
  const json = readJson(files, "tokenizer.json", source) ?? describeClip(files, settings, source);
  const model = modelSchema.safeParse(json.model).data;
  if (!model) return broken(source, "tokenizer.json: expected a model of type BPE with a vocabulary of numbers");
  return attempt(() => {
    const added = addedTokens(json, settings.config, model.vocab);
    const vocab = { ...model.vocab, ...Object.fromEntries(added.map(({ content, id }) => [content, id])) };
    const words = exactWords(json.pre_tokenizer);
    const library = new Tokenizer({ ...json, added_tokens: [], pre_tokenizer: words, model: { ...model, vocab } }, {});
    const normalize = (text: string): string => library.normalizer?.(text) ?? text;
    const asWritten = splitter(added.filter(({ normalized }) => !normalized));
    const normalized = added.filter((token) => token.normalized);
    const afterwards = splitter(normalized.map((token) => ({ ...token, content: normalize(token.content) })));
    const splitAgain = (piece: Piece) => (typeof piece === "number" ? [piece] : afterwards(normalize(piece)));
    return { library, split: (text) => (normalized.length === 0 ? asWritten(text) : asWritten(text).flatMap(splitAgain)) };
  }, source);
}

/** A step that splits a text into words, or a sequence of such steps. */
const stepSchema = z.looseObject({
  type: z.string(),
  use_regex: z.boolean().optional(),
  pretokenizers: z.array(z.unknown()).optional(),
});

/** How "ByteLevel" splits words, with Unicode's white space. */
const BYTE_LEVEL_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** Returns a step with every "ByteLevel" in it replaced by the split of the Rust library. */
function exactWords(given: unknown): unknown {
  const step = stepSchema.safeParse(given).data;
  if (step?.type === "Sequence") return { ...step, pretokenizers: step.pretokenizers?.map(exactWords) };
  if (step?.type !== "ByteLevel" || step.use_regex === false) return given;
  const cut = { type: "Split", pattern: { Regex: BYTE_LEVEL_WORDS }, behavior: "Removed", invert: true };
  return { type: "Sequence", pretokenizers: [cut, { ...step, use_regex: false }] };
}

/** Runs the library; when a tokenizer.json lacks something that it expects, throws a `ClipError`. */
function attempt<T>(work: () => T, source: string): T {
  try {
    return work();
  } catch (error) {
    return broken(source, `tokenizer.json cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Returns the tokenizer.json for a vocab.json and merges.txt, as transformers' CLIPTokenizer builds it. */
function describeClip(files: TokenizerFiles, settings: Settings, source: string): Record<string, unknown> {
  const merges = files.get("merges.txt");
  const vocab = vocabularySchema.safeParse(readJson(files, "vocab.json", source));
  if (merges === undefined || !vocab.success)
    return broken(source, "expected tokenizer.json, or vocab.json and merges.txt; found neither whole");
  const json = tokenizerJson(vocab.data, parseMerges(merges, source), settings.bos_token, settings.eos_token);
  // The special tokens are taken from the settings, which also say how each of them is matched.
  return { ...json, added_tokens: [] };
}

/** Parses merges.txt: one pair per line, after a first line with the version. */
function parseMerges(text: string, source: string): [string, string][] {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("#version"));
  return lines.map((line) => {
    const [left, right, ...more] = line.trim().split(" ");
    if (left !== undefined && right !== undefined && more.length === 0) return [left, right];
    return broken(source, `merges.txt: expected two symbols in each line; got "${line.trim().slice(0, 60)}"`);
  });
}

/** Returns a tokenizer.json of CLIP's kind. `merges` in order of precedence. */
export function tokenizerJson(
  vocab: Record<string, number>,
  merges: readonly (readonly [string, string])[],
  start = START,
  end = END,
): Record<string, unknown> {
  const special = [start, end].map((content) => ({
    id: vocab[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  }));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special,
    normalizer: {
      type: "Sequence",
      normalizers: [{ type: "NFC" }, { type: "Replace", pattern: { Regex: "\\s+" }, content: " " }, { type: "Lowercase" }],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: WORDS }, behavior: "Removed", invert: true },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: [end, vocab[end]],
      cls: [start, vocab[start]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: end,
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  };
}

function readJson(files: TokenizerFiles, name: string, source: string): Record<string, unknown> | undefined {
  const text = files.get(name);
  if (text === undefined) return undefined;
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch {
    return broken(source, `${name}: expected a JSON object; it is not one`);
  }
}

function broken(source: string, what: string): never {
  throw new ClipError("PICKAPIC_CLIP_TOKENIZER_BROKEN", source, what);
}
