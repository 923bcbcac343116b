/** @file Compares two releases of a text-to-image model: a scorer judges their images of the same prompts in pairs. */
import { randomFor } from "@pickapic/chance";
import { type Estimate, type Label, meanOf, predict } from "@pickapic/evaluation";
import { type ImageScore, type ImageSource, preference, type Scorer } from "@pickapic/pickscore";
import { counted } from "@pickapic/report/figures";
import type { ProgressReport } from "../progress.ts";
import { countFailures, type ScorerFailures } from "./failures.ts";

/** The images that two releases made for one prompt. */
export interface ReleasePair {
  readonly prompt: string;
  readonly a: ImageSource;
  readonly b: ImageSource;
}

/** How a scorer compares two releases. */
export interface ReleaseSettings {
  /** A tie when |p0 - p1| is at most this, 0...1. */
  threshold: number;
  /** Of the interval. */
  seed: number;
  /** Share of the pairs that may be left out because an image in them has no score, 0...1. */
  mostFailed: number;
}

/** What one scorer says about release b against release a. */
export interface ReleaseComparison {
  scorer: string;
  threshold: number;
  /** Pairs with two scores. */
  pairs: number;
  leftOut: number;
  failures: ScorerFailures[];
  wins: { a: number; b: number; ties: number };
  /** Share of the pairs in which b is better, ties counted half, 0...1, with an interval over prompts. */
  winRate: Estimate;
  /** Worse or better when the interval excludes one half; "not shown" when it includes it; null when there is no interval. */
  verdict: "better" | "worse" | "not shown" | null;
  protocol: string;
}

/** Pairs that are scored in one call. */
const BATCH = 16;

/**
 * Scores both images of each pair and counts which is better.
 * @throws ExperimentError PICKAPIC_CLI_SCORES_MISSING when too many images have no score
 */
export async function compareReleases(
  pairs: readonly ReleasePair[],
  scorer: Pick<Scorer, "name" | "scorePairs">,
  settings: ReleaseSettings,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (report: ProgressReport) => void },
): Promise<ReleaseComparison> {
  const failures = countFailures(settings.mostFailed, pairs.length, { unit: "pairs" });
  const judged: { prompt: string; label: Label }[] = [];
  for (let start = 0; start < pairs.length; start += BATCH) {
    signal.throwIfAborted();
    const batch = pairs.slice(start, start + BATCH);
    const results = await scorer.scorePairs(batch.flatMap(({ prompt, a, b }) => [a, b].map((image) => ({ prompt, image }))));
    for (const [i, pair] of batch.entries()) {
      const [a, b] = [pair.a, pair.b].map((image, side) => scoreOf(results[2 * i + side], image, pair.prompt));
      if (typeof a === "number" && typeof b === "number")
        judged.push({ prompt: pair.prompt, label: predict(preference(a - b), settings.threshold) });
    }
    onProgress({ done: start + batch.length, total: pairs.length, unit: "pairs" });
  }
  failures.check("the two folders", pairs.length, judged.length);
  return {
    scorer: scorer.name,
    leftOut: pairs.length - judged.length,
    failures: failures.summary(),
    ...outcomeOf(judged, settings),
  };

  function scoreOf(result: ImageScore | undefined, image: ImageSource, caption: string): number | null {
    if (result && "score" in result && Number.isFinite(result.score)) return result.score;
    const reason = result && "message" in result ? result.message : "the score is not a finite number";
    failures.onFailure({ judge: scorer.name, caption, uid: typeof image === "string" ? image : "in memory", reason });
    return null;
  }
}

type Outcome = Pick<ReleaseComparison, "threshold" | "pairs" | "wins" | "winRate" | "verdict" | "protocol">;

function outcomeOf(judged: readonly { prompt: string; label: Label }[], { threshold, seed }: ReleaseSettings): Outcome {
  const count = (wanted: Label) => judged.filter(({ label }) => label === wanted).length;
  const wins = { a: count(0), b: count(1), ties: count("tie") };
  const winRate = meanOf(
    judged.map(({ label }) => (label === "tie" ? 0.5 : label)),
    randomFor("bootstrap", seed),
    { unit: "pairs", clusters: judged.map(({ prompt }) => prompt) },
  );
  const prompts = new Set(judged.map(({ prompt }) => prompt)).size;
  const protocol =
    `share of ${counted(judged.length, "pair")} of images of the same ${counted(prompts, "prompt")} in which b has the larger score, ties counted half; a tie when |p0 - p1| <= ${threshold}, p being the ` +
    `softmax of the two scores; 95 % interval by BCa bootstrap over prompts, 2000 resamples, seed ${seed}`;
  return { threshold, pairs: judged.length, wins, winRate, verdict: verdictOf(winRate, wins), protocol };
}

/** Two releases that only tie are alike, though resampling shows no variation and there is no interval. */
function verdictOf({ value, interval }: Estimate, { a, b }: ReleaseComparison["wins"]): ReleaseComparison["verdict"] {
  if (value !== null && a + b === 0) return "not shown";
  if (interval === null) return null;
  return interval[1] < 0.5 ? "worse" : interval[0] > 0.5 ? "better" : "not shown";
}
