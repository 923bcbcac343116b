/** @file What a step of a reproduction gets, and what each step returns. Results are plain JSON, because they are stored and read back. */
import type { AccuracyReport, Interval } from "@pickapic/evaluation";
import type { GenerationRequest } from "@pickapic/generation";
import type { Metrics, TrainResult } from "@pickapic/pickscore";
import { COLOUR_SHARPNESS, type NamedScorer, type NamedScorerOptions } from "@pickapic/pickscore/scorers";
import type { FeatureReader, FeatureSettings } from "../../measure/distances/features.ts";
import type { ModelReport } from "../../measure/models.ts";
import type { JudgedPair } from "../../measure/pairs.ts";
import type { PromptSetReport } from "../../measure/promptSets/promptSets.ts";
import type { RankingReport } from "../../measure/ranking.ts";
import type { RandomPredictor } from "../../measure/scorers.ts";
import type { ProgressReport } from "../../progress.ts";
import type { ExpertReport } from "../experts.ts";
import type { ReproduceSettings } from "../settings.ts";

/** The scorers, in the order of every list below. */
export const SCORERS = [COLOUR_SHARPNESS, "clip-toy", "pickscore"] as const;

/** One of the scorers. */
export type ScorerName = (typeof SCORERS)[number];

/** A pair as it is stored: JSON has no 64-bit integers. */
export type StoredPair = Omit<JudgedPair, "rankingId"> & { rankingId: string };

/** A difference of two accuracies on the same examples. */
export interface Difference {
  /** -1...1; null when there are too few examples. */
  difference: number | null;
  /** Null when there is none; see `reason`. */
  interval: Interval | null;
  /** Why difference or interval is null; null when both are given. */
  reason: string | null;
}

/** What was collected, and how it was split. */
export interface DatasetFacts {
  collected: { rankings: number; prompts: number; people: number; pictures: number; ties: number };
  splits: Record<string, number>;
}

/** The training that is measured everywhere. */
export interface TrainingFacts extends Pick<TrainResult, "settings" | "steps" | "best" | "startKept"> {
  /** Steps of the run, as in its metrics.jsonl. */
  metrics: readonly Metrics[];
}

/** Every judge's probabilities, in the order of `SCORERS`. */
export interface JudgedSplits {
  validation: StoredPair[];
  /** The whole split test. */
  test: StoredPair[];
  /** Ranking ids of test_unique. */
  unique: string[];
}

/** Section 5 of the paper: who predicts what people prefer. */
export interface AccuracyFacts {
  random: RandomPredictor;
  experts: ExpertReport;
  /** One per scorer. */
  scorers: AccuracyReport[];
  /** Pickscore minus each of these, on the same examples. */
  differences: (Difference & { to: "experts" | Exclude<ScorerName, "pickscore"> })[];
}

/** Section 6: models rated by people and by scorers, from the same answers. */
export interface ModelFacts {
  report: ModelReport;
  /** Configurations: generators x ranges of guidance. */
  configurations: number;
  /** How much better the Elo ratings of pickscore agree with people's than those of clip-toy: difference of the two correlations (`eloLead`). */
  lead: { value: number; interval: Interval | null } | null;
}

/** A pick beside a random image, to be shown. */
export interface ShownPick {
  prompt: string;
  random: GenerationRequest;
  pick: GenerationRequest;
  /** What the first person said: 1 when the pick is preferred, 0.5 for a tie. */
  outcome: 1 | 0.5 | 0;
}

/** Picking, with the first few picks of pickscore against the image of a random seed with the bare prompt. */
export interface PickingFacts {
  report: RankingReport;
  shown: ShownPick[];
}

/** A further training on the same dataset, measured like the main one. */
export interface Variant {
  name: string;
  steps: number;
  /** Training pairs and prompts. */
  pairs: number;
  accuracy: AccuracyReport;
  /** The main training minus this one. */
  behind: Difference;
}

/** What every step returns. */
export interface Results {
  dataset: DatasetFacts;
  training: TrainingFacts;
  judging: JudgedSplits;
  accuracy: AccuracyFacts;
  models: ModelFacts;
  "best-of": PickingFacts;
  ranking: PickingFacts;
  prompts: PromptSetReport;
  negatives: Variant;
  seeds: Variant[];
  "data-size": Variant[];
}

/** The name of a step. */
export type StepName = keyof Results;

/** What opens the models that a step needs. Tests pass small ones. */
export interface Engines {
  openScorers(names: readonly string[], options: NamedScorerOptions): Promise<NamedScorer[]>;
  openFeatures(settings: FeatureSettings): Promise<FeatureReader>;
}

/** What a step gets. */
export interface StepContext extends Engines {
  settings: ReproduceSettings;
  folders: Folders;
  signal: AbortSignal;
  onProgress: (report: ProgressReport) => void;
  /** Whether this step was begun before with the same settings, so that files that it left are its own. */
  wasBegun: boolean;
  /** The result of a step that this one needs. */
  result<K extends StepName>(step: K): Results[K];
  /** Stores what a long step has finished of its work, and returns it when the step is made again after it was killed. */
  remember<R>(name: string, work: () => Promise<R>): Promise<R>;
}

/** Where a reproduction keeps its files. */
export interface Folders {
  dataset: string;
  model: string;
  /** Trainings besides the main one. */
  trainings: string;
  /** Prepared pixels that all trainings read; removed when the reproduction ends. */
  pixels: string;
  /** Finished steps. */
  steps: string;
}
