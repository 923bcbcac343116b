/** @file A kind of scorer, as the table in kinds.ts lists it. */
import type { ScorerOptions } from "../score/scorer.ts";
import type { Scorer } from "./scorer.ts";

/** How scorers run. Each kind reads what concerns it. */
export interface NamedScorerOptions extends ScorerOptions {
  /** Seed of `random`, 0 ... 2^31 - 1; default 1. */
  readonly seed?: number | undefined;
  /** How long a server, a command or a function may take for one batch, ms; default 60,000. */
  readonly timeoutMs?: number | undefined;
  /** Most images that a server, a command or a function gets at a time; default 16. */
  readonly batch?: number | undefined;
  /** How a server or a command gets images: as base64 (default of a server) or as paths of files (default of a command). */
  readonly send?: "base64" | "paths" | undefined;
  /** Sent to servers as `Authorization: Bearer ...`. */
  readonly token?: string | undefined;
  /** Address and key of a decision service in OpenAI's shape; by default OpenAI's own address. */
  readonly openAi?: { readonly baseUrl?: string | undefined; readonly key?: string | undefined } | undefined;
  /** Ends calls of servers, commands and functions with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the scorer is closed, if calls failed whose images were asked for again. */
  readonly onRepeated?: ((repeated: RepeatedCalls) => void) | undefined;
}

/** How often a scorer failed without an image being at fault for certain: its images were asked for again, one at a time. */
export interface RepeatedCalls {
  readonly scorer: string;
  /** Calls that were repeated, 1 or more. */
  readonly calls: number;
  /** Why the first of them failed. */
  readonly reason: string;
}

/** What a kind gets to open a scorer. */
export interface OpeningOptions extends NamedScorerOptions {
  /** Called with the reason for each failed call after its images were asked for again, one at a time. */
  readonly onRepeat?: ((reason: string) => void) | undefined;
}

/** A scorer that was opened by its name on the command line. */
export interface NamedScorer extends Scorer {
  /** What must be equal for the scores to be equal, for a citation: a checksum, a seed, or the version that a server tells. */
  identify(): Promise<string>;
}

/** One kind of scorer. */
export interface ScorerKind {
  /** True when the scorer computes on this machine's cores, which are then divided. */
  readonly usesCores: boolean;
  /** The part of the name that this kind reads, or null when the name means another kind. */
  argumentOf(name: string): string | null;
  /** Opens the scorer, or throws a PickScoreError or ClipError that says what is wrong with the argument. */
  open(argument: string, options: OpeningOptions): Promise<NamedScorer>;
}

/** Reads names that begin with `prefix`, such as "file:". */
export const after =
  (prefix: string): ScorerKind["argumentOf"] =>
  (name) =>
    name.startsWith(prefix) ? name.slice(prefix.length) : null;
