/** @file The kinds of scorers, and the scorer that a name on the command line means. */
import { availableParallelism } from "node:os";
import { PickScoreError } from "../errors.ts";
import { aestheticKind } from "./aesthetic.ts";
import { clipKind } from "./clip.ts";
import { colourSharpnessKind } from "./colourSharpness.ts";
import { commandKind } from "./command.ts";
import { fileKind } from "./file.ts";
import { httpKind } from "./http.ts";
import type { NamedScorer, NamedScorerOptions, ScorerKind } from "./kind.ts";
import { openAiKind } from "./openai.ts";
import { randomKind } from "./random.ts";

/** Every kind, in the order in which a name is tried; the last one takes every name. */
const SCORER_KINDS: readonly ScorerKind[] = [
  randomKind,
  colourSharpnessKind,
  aestheticKind,
  httpKind,
  openAiKind,
  commandKind,
  fileKind,
  clipKind,
];

interface Meant {
  readonly kind: ScorerKind;
  readonly argument: string;
}

function meantBy(name: string): Meant {
  for (const kind of SCORER_KINDS) {
    const argument = kind.argumentOf(name);
    if (argument !== null) return { kind, argument };
  }
  throw new PickScoreError("PICKAPIC_SCORER_NAME", name, "no kind of scorer takes it");
}

/** Whether a name means a model of the CLIP family, which may have to be fetched from the hub. */
export const isModelName = (name: string): boolean => meantBy(name).kind === clipKind;

/**
 * Opens the scorer that a name means: see `SCORER_KINDS`. The caller closes it.
 * @throws {PickScoreError} PICKAPIC_SCORER_NAME, PICKAPIC_SCORER_HEAD, and those of `openScorer`
 */
export async function openNamedScorer(name: string, options: NamedScorerOptions = {}): Promise<NamedScorer> {
  const { kind, argument } = meantBy(name);
  const reasons: string[] = [];
  const scorer = await kind.open(argument, { ...options, onRepeat: (reason) => reasons.push(reason) });
  const close = async () => {
    const [reason] = reasons;
    if (reason !== undefined) options.onRepeated?.({ scorer: scorer.name, calls: reasons.splice(0).length, reason });
    await scorer.close();
  };
  return { ...scorer, close };
}

/**
 * Opens all scorers, or none if one cannot be opened. Without `threads` the cores of the machine are divided among those that
 * compute on them, because they work at the same time.
 */
export async function openNamedScorers(names: readonly string[], options: NamedScorerOptions = {}): Promise<NamedScorer[]> {
  const computing = names.filter((name) => meantBy(name).kind.usesCores).length;
  const threads = options.threads || Math.max(1, Math.floor(availableParallelism() / Math.max(1, computing)));
  const opened = await Promise.allSettled(names.map((name) => openNamedScorer(name, { ...options, threads })));
  const scorers = opened.filter((result) => result.status === "fulfilled").map((result) => result.value);
  const failed = opened.find((result) => result.status === "rejected");
  if (!failed) return scorers;
  await closeScorers(scorers);
  throw failed.reason;
}

/** Closes all scorers at the same time; they cannot be used afterwards. */
export async function closeScorers(scorers: readonly NamedScorer[]): Promise<void> {
  await Promise.all(scorers.map((scorer) => scorer.close()));
}
