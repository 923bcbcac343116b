/** @file The messages between a scorer and its child process. They are plain data, because only that can be sent to another process (frames.ts). */
import { codeOf } from "@pickapic/errors";
import { PickScoreError } from "../errors.ts";
import type { ImageScore, ImageSource, PromptedImage } from "./imageResult.ts";
import type { ClipScorer, ImageEmbedding, ScorerOptions } from "./scorer.ts";

/** The file descriptor of the child process over which it is called and answers. */
export const CHANNEL = 3;

/** The calls that the child process answers, each with its input and output. */
export interface Calls {
  open: { input: { model: string; options: ScorerOptions }; output: Pick<ClipScorer, "name" | "logitScale" | "device"> };
  scorePairs: { input: { pairs: readonly PromptedImage[] }; output: ImageScore[] };
  embedTexts: { input: { texts: readonly string[] }; output: Float32Array[] };
  embedEach: { input: { images: readonly ImageSource[] }; output: ImageEmbedding[] };
}

/** The name of a call to the scoring process. */
export type Method = keyof Calls;

/** A message to the scoring process: call number `id` of `method`. */
export type Request = { [M in Method]: { id: number; method: M; input: Calls[M]["input"] } }[Method];

/** A message from the scoring process: the outcome of call number `id`. */
export type Reply = { id: number; output: Calls[Method]["output"] } | { id: number; error: CrossingError };

/** An error as plain data. An error for the user has a code; a bug has its stack instead. */
export interface CrossingError {
  code?: string;
  message: string;
  stack?: string;
}

/** Turns an error into plain data. */
export function packError(error: unknown): CrossingError {
  if (!(error instanceof Error)) return { message: String(error) };
  const code = codeOf(error);
  return code === undefined ? { message: error.message, stack: error.stack } : { code, message: error.message };
}

/** Restores an error that the child process threw, with its code, or with the child's stack when it was a bug. */
export function unpackError({ code, message, stack }: CrossingError): Error {
  const known = code === undefined ? undefined : PickScoreError.restore(code, message);
  if (known) return known;
  const error = Object.assign(new Error(message), code ? { code } : {});
  if (stack) error.stack = stack;
  return error;
}
