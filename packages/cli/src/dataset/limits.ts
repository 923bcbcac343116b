/** @file The limits of `dataset export`: which choices of an app become rankings of a release, and what was left out. */
import { type LimitedRankings, nanosecondsOf, type ReleaseLimits } from "@pickapic/dataset";
import type { LeftOut } from "@pickapic/server/store";
import { type Command, InvalidArgumentError } from "commander";
import { decimal, whole } from "../options.ts";

/** The limits as the command line gives them. */
export interface LimitOptions {
  from?: bigint;
  to?: bigint;
  differentModels?: boolean;
  maxPerPerson?: number;
  maxPerPrompt?: number;
  maxTies?: number;
}

/** Reads a day or a moment, UTC, as nanoseconds. */
function moment(text: string): bigint {
  const time = Date.parse(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || Number.isNaN(time))
    throw new InvalidArgumentError("It must be a day or a moment of ISO 8601, such as 2026-03-01 or 2026-03-01T12:00:00Z.");
  return nanosecondsOf(new Date(time));
}

/** Adds the options that leave rankings out. */
export function limitOptions(command: Command): Command {
  return command
    .option("--from <time>", "only choices made then or later, such as 2026-03-01", moment)
    .option("--to <time>", "only choices made before then", moment)
    .option("--different-models", "only pairs of two different models")
    .option("--max-per-person <n>", "at most so many choices of one person, the first ones", whole(1))
    .option("--max-per-prompt <n>", "at most so many choices for one prompt, the first ones", whole(1))
    .option("--max-ties <share>", "at most this share of the rankings are ties; the others are drawn", decimal(0, 1));
}

/** The limits that were given. */
export function limitsOf({ from, to, differentModels, maxPerPerson, maxPerPrompt, maxTies }: LimitOptions): ReleaseLimits {
  return { from, before: to, differentModels, maxPerPerson, maxPerPrompt, maxTies };
}

const REASONS: readonly (readonly [keyof LeftOut | keyof LimitedRankings, string])[] = [
  ["tooFast", "given faster than a person can see"],
  ["takenBack", "taken back"],
  ["banned", "of people who are banned"],
  ["withdrawn", "of people who withdrew their agreement"],
  ["outsideTime", "made outside --from and --to"],
  ["sameModel", "about two images of one model (--different-models)"],
  ["ofPerson", "beyond --max-per-person"],
  ["ofPrompt", "beyond --max-per-prompt"],
  ["ties", "that are ties beyond --max-ties"],
];

/** Returns one sentence for each reason for which answers are not in what was written. */
export function leftOutSentences(leftOut: Partial<LeftOut> & LimitedRankings): string[] {
  return REASONS.flatMap(([name, why]) => {
    const count = leftOut[name] ?? 0;
    return count > 0 ? [`Left out: ${count} ${count === 1 ? "answer" : "answers"} ${why}.`] : [];
  });
}
