/** @file The option about images without a score, and the sentences about them: one way for every command that scores many images. */
import type { ScorerFailures } from "@pickapic/experiments/measure";
import type { RepeatedCalls } from "@pickapic/pickscore/scorers";
import { counted } from "@pickapic/report/figures";
import { Option } from "commander";
import { decimal } from "../options.ts";

/** The option --most-failed. @param unit what is left out, in the plural, such as "rankings" */
export const mostFailedOption = (unit: string): Option =>
  new Option("--most-failed <share>", `share of the ${unit} that may be left out because an image in them has no score`)
    .argParser(decimal(0, 1))
    .default(0.05);

/** Says for each scorer that failed how often it did, what was left out for it, and names its first images. @param unit what is left out, in the singular */
export function failureLines(failures: readonly ScorerFailures[], lost: number, unit = "ranking"): string[] {
  return failures.flatMap(({ scorer, images, first }) => [
    `${scorer} gave no score to ${counted(images, "image")}; ${counted(lost, unit)} with such images ${lost === 1 ? "was" : "were"} left out for all scorers.`,
    ...first.map(({ uid, caption, reason }) => `  image ${uid} of "${caption}": ${reason}`),
  ]);
}

/** Says how many calls of a scorer failed and were repeated, and why the first of them failed. */
export const repeatedSentence = ({ scorer, calls, reason }: RepeatedCalls): string =>
  `${scorer}: ${counted(calls, "call")} failed, and ${calls === 1 ? "its" : "their"} images were asked for again, one at a time. The first reason: ${reason.replace(/\.$/, "")}.`;
