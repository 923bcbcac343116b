/** @file What a measurement on sets of prompts is given: the sets, what judges them, and the effects of its caller. */
import type { ImageSource, Scorer } from "@pickapic/pickscore";
import type { ProgressReport } from "../../progress.ts";
import type { FeatureReader } from "../distances/features.ts";
import type { WinShares } from "../winShares.ts";

/** A set of prompts, with one image of each configuration for every prompt. */
export interface PromptSet {
  readonly name: string;
  readonly prompts: readonly string[];
  /** The images of prompt i, in the order of the configurations. */
  images(prompt: number): Promise<readonly ImageSource[]>;
  /** What people say about the images of each prompt; null when no people were asked. */
  readonly people: readonly WinShares[] | null;
}

/** A scorer with its threshold for ties. */
export interface SetJudge {
  readonly name: string;
  readonly scorer: Pick<Scorer, "scorePairs">;
  readonly threshold: number;
}

/** What the sets are measured with. */
export interface PromptSetSettings {
  /** Names of the configurations, at least three. */
  readonly configurations: readonly string[];
  readonly judges: readonly SetJudge[];
  /** What people say of the configurations in real use, higher for the better one; null when it is not known. */
  readonly truth: readonly number[] | null;
  /**
   * Real images, what computes features, and whether the distances have intervals, whose time grows with the cube of the number of features or of
   * prompts; null leaves the Fréchet distance out.
   */
  readonly real: { readonly reader: FeatureReader; readonly images: readonly ImageSource[]; readonly intervals: boolean } | null;
  readonly seed: number;
  /** Draws of prompts for the intervals. */
  readonly draws: number;
  /** Share of the prompts of a set that may be left out because an image of theirs has no score, 0...1; default 0.05. */
  readonly mostFailed?: number | undefined;
  /** Weighted sums of the values of the configurations that are reported as well, such as guidance 9 minus guidance 3. */
  readonly contrasts?: readonly Contrast[];
}

/** A weighted sum over the configurations. */
export interface Contrast {
  readonly name: string;
  readonly weights: readonly number[];
}

/** What the measurement needs from its caller. Aborting `signal` ends it. */
export interface PromptSetEffects {
  signal: AbortSignal;
  onProgress: (report: ProgressReport) => void;
}
