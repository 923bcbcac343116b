/** @file Finds tokens in a text before it is split into words: special tokens and added ones, as the Rust library finds them. */

import { entryOf } from "@pickapic/errors";
import { z } from "zod";

/** A token that is matched literally, in the original text or, if `normalized`, in the normalized text. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether white space before the token is taken with it. */
  readonly lstrip: boolean;
  /** Whether white space after the token is taken with it. */
  readonly rstrip: boolean;
  /** Whether the token is only found where letters or digits neither precede nor follow it. */
  readonly single_word: boolean;
  readonly normalized: boolean;
}

const flag = z.boolean().default(false);
const entry = z.object({ content: z.string(), lstrip: flag, rstrip: flag, single_word: flag, normalized: flag });
const listed = z.array(entry.extend({ id: z.int().nonnegative() })).default([]);
const byId = z.record(z.string().regex(/^\d+$/), entry).default({});
const plain = z.string().transform((content) => entry.parse({ content }));
const named = z.union([plain, entry]).nullish();
const schema = z.object({
  added_tokens_decoder: byId,
  bos_token: named,
  eos_token: named,
  unk_token: named,
  sep_token: named,
  pad_token: named,
  cls_token: named,
  mask_token: named,
  additional_special_tokens: z.array(z.union([plain, entry])).nullish(),
});

/**
 * Lists the added tokens of a tokenizer: those that tokenizer_config.json lists by id, then those of tokenizer.json, then the
 * special tokens of the config, each unless one with its content is listed already. Tokens that are not in the vocabulary get the
 * next ids; start, end, padding and unknown token must be in it.
 * @param json tokenizer.json
 * @param config tokenizer_config.json together with special_tokens_map.json
 * @throws ZodError
 */
export function addedTokens(
  json: Record<string, unknown>,
  config: Record<string, unknown>,
  vocab: Record<string, number>,
): AddedToken[] {
  const { added_tokens_decoder, additional_special_tokens, bos_token, eos_token, unk_token, pad_token, ...others } =
    schema.parse(config);
  const tokens = new Map<string, AddedToken>();
  const add = (token: AddedToken) => tokens.has(token.content) || tokens.set(token.content, token);
  for (const [id, token] of Object.entries(added_tokens_decoder)) add({ ...token, id: Number(id) });
  for (const token of listed.parse(json.added_tokens)) add(token);
  let next = Math.max(-1, ...Object.values(vocab).slice(-1), ...[...tokens.values()].map(({ id }) => id)) + 1;
  const idOf = (content: string) => (Object.hasOwn(vocab, content) ? vocab[content] : undefined);
  for (const token of [bos_token, eos_token, unk_token, pad_token]) {
    const id = token ? idOf(token.content) : undefined;
    if (token && id !== undefined) add({ ...token, id });
  }
  for (const token of [...Object.values(others), ...(additional_special_tokens ?? [])]) {
    if (token && !tokens.has(token.content)) add({ ...token, id: idOf(token.content) ?? next++ });
  }
  return [...tokens.values()];
}

/** A piece of text, or the id of an added token. */
export type Piece = string | number;

/** Returns a function that finds tokens in a text: the leftmost first, and the longest of those. */
export function splitter(tokens: readonly AddedToken[]): (text: string) => Piece[] {
  if (tokens.length === 0) return (text) => [text];
  const known = new Map(tokens.map((token) => [token.content, token]));
  const longestFirst = [...known.keys()].sort((a, b) => b.length - a.length);
  const pattern = new RegExp(longestFirst.map(escaped).join("|"), "gu");
  return (text) => {
    const pieces: Piece[] = [];
    let done = 0;
    for (const { 0: content, index } of text.matchAll(pattern)) {
      const token = entryOf(known, content);
      const [start, end] = extent(text, index, token);
      if (index < done || (token.single_word && isInWord(text, index, content.length))) continue;
      pieces.push(text.slice(done, Math.max(done, start)), token.id);
      done = end;
    }
    pieces.push(text.slice(done));
    return pieces.filter((piece) => piece !== "");
  };
}

/** Escapes a text as a regular expression. */
const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Start and end of a token, including the white space that belongs to it. */
function extent(text: string, index: number, { content, lstrip, rstrip }: AddedToken): [start: number, end: number] {
  const before = text.slice(0, index);
  const after = text.slice(index + content.length);
  const start = lstrip ? before.replace(/\p{White_Space}+$/u, "") : before;
  const rest = rstrip ? after.replace(/^\p{White_Space}+/u, "") : after;
  return [start.length, text.length - rest.length];
}

const WORD = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}]";
const ENDS_WITH_WORD = new RegExp(`${WORD}$`, "u");
const STARTS_WITH_WORD = new RegExp(`^${WORD}`, "u");

function isInWord(text: string, index: number, length: number): boolean {
  return ENDS_WITH_WORD.test(text.slice(0, index)) || STARTS_WITH_WORD.test(text.slice(index + length));
}
