/** @file What must be told so that a figure can be repeated: versions, checksums, seed, splits, thresholds. */
import type { AccuracyReport } from "@pickapic/evaluation";
import { type Checksums, datasetChecksums, versions } from "@pickapic/pickscore";
import type { NamedScorer } from "@pickapic/pickscore/scorers";
import type { MeasureScorersSettings } from "./scorers.ts";

/** Everything on which the figures of a measurement depend. */
export interface Citation {
  /** All of it in one line, for a paper or an issue. */
  text: string;
  versions: Readonly<Record<string, string>>;
  /** sha256 of the dataset's SHA256SUMS, or of its shards. */
  dataset: Checksums;
  splits: { readonly validation: string; readonly test: string };
  seed: number;
  pixels: string;
  scorers: readonly { scorer: string; identity: string; threshold: number }[];
}

/** How many examples were measured, and on how many the thresholds were chosen. `leftOut` counts those of both splits that have an image without a score. */
export interface MeasuredExamples {
  readonly examples: number;
  readonly thresholdExamples: number;
  readonly leftOut: { readonly test: number; readonly validation: number };
}

/** "104 examples", and how many more could not be measured. */
const counted = (examples: number, leftOut: number): string =>
  `${examples} examples${leftOut > 0 ? `; ${leftOut} more ${leftOut === 1 ? "was" : "were"} left out, because an image in them has no score` : ""}`;

/** Collects what the figures depend on. Scorers are asked after they have scored, because a server tells its version with its scores. */
export async function citationOf(
  { folder, seed, pixels }: MeasureScorersSettings,
  scorers: readonly NamedScorer[],
  results: readonly (Pick<AccuracyReport, "threshold" | "clusters"> & { scorer: string })[],
  { validation, test, examples, thresholdExamples, leftOut }: Citation["splits"] & MeasuredExamples,
): Promise<Citation> {
  const dataset = await datasetChecksums(folder);
  const identities = await Promise.all(scorers.map((scorer) => scorer.identify()));
  const named = results.map(({ scorer, threshold }, i) => ({ scorer, threshold, identity: identities[i] ?? "" }));
  const used = versions();
  const [file = "", sum = ""] = Object.entries(dataset)[0] ?? [];
  const over = results[0]?.clusters ? "prompts" : "examples, one for each prompt";
  const text =
    `Tie-aware accuracy (Kirstain et al. 2023) on ${test} (${counted(examples, leftOut.test)}), the threshold t of each scorer being the first best of 0, 0.1 ... 1 on ${validation} ` +
    `(${counted(thresholdExamples, leftOut.validation)}), 95 % intervals by BCa bootstrap over ${over} (2000 resamples); ${named.map(({ scorer, threshold, identity }) => `${scorer} (t = ${threshold}, ${identity})`).join(", ")}; dataset ${folder} ` +
    `(${file} sha256:${sum.slice(0, 16)}), seed ${seed}, pixels ${pixels}, pickapic ${used.pickapic}.`;
  return { text, versions: used, dataset, splits: { validation, test }, seed, pixels, scorers: named };
}
