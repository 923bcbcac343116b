/** @file Every setting of a training run in one table: default, description, allowed values, and the value of the paper. */
import { PIXEL_POLICIES, type PixelPolicy } from "@pickapic/pictures/policy";
import { type AdamWCoefficients, adamWSettings } from "./adamWSettings.ts";
import { isMemory } from "./memorySize.ts";
import { choice, count, number, orAuto, resolve, type SettingTable, text } from "./settingTable.ts";
import { parseTrainedPart } from "./trainedPart.ts";

/** The settings of a run, without any "auto". They are saved in run.json, so that the run can be repeated from its folder alone. */
export interface TrainSettings extends AdamWCoefficients {
  dataset: string;
  init: string;
  processor: string;
  train: string;
  memory: string;
  pixels: PixelPolicy;
  share: number;
  patience: number;
  layerDecay: number;
  out: string;
  seed: number;
  steps: number;
  batchPairs: number;
  microBatchPairs: number;
  order: "shuffled" | "by-prompt";
  negatives: "none" | "in-batch";
  temperature: "fit" | "keep";
  learningRate: number;
  warmup: "logarithmic" | "linear" | "none";
  warmupSteps: number;
  warmupOrder: "before-optimizer" | "after-optimizer";
  decay: "linear" | "cosine" | "late" | "none";
  validateEvery: number;
  validationSplit: "validation_unique" | "validation" | "cross-fitted";
  validationPairs: number;
  saveEvery: number;
  pixelCacheMiB: number;
  threads: number;
  device: "auto" | "cpu" | "webgpu";
  precision: "auto" | "float32" | "float16";
}

/** The settings that may be "auto". A rule then chooses them by data, model and device (`chooseRecipe`). */
export const CHOSEN = [
  "train",
  "steps",
  "batchPairs",
  "learningRate",
  "warmupSteps",
  "validateEvery",
  "validationSplit",
] as const satisfies (keyof TrainSettings)[];

/** The name of a setting that a rule can choose. */
export type Chosen = (typeof CHOSEN)[number];

/** The settings that a caller gives: as `TrainSettings`, but "auto" leaves the choice to a rule. */
export type AskedSettings = Omit<TrainSettings, Chosen> & { [K in Chosen]: TrainSettings[K] | "auto" };

/** The allowed values of the setting `train`, in words. */
export const TRAINED_PARTS = "auto, all, head, image-head, last:K or lora:R, K and R at least 1";

/** Every setting of training. `pickapic train --help` shows these texts. */
export const SETTINGS: SettingTable<AskedSettings> = {
  dataset: { ...text, default: "", does: "a dataset folder as `pickapic dataset export` writes it" },
  init: {
    ...text,
    default: "clip-toy",
    does: "the CLIP to start from: a shipped name, a folder, or ORG/NAME of the hub",
    paper: "CLIP ViT-H/14 of LAION",
  },
  processor: {
    ...text,
    default: "auto",
    does: "where tokenizer and preprocessor_config.json of --init are: a folder, or ORG/NAME; auto: beside its weights",
  },
  train: {
    kind: "text",
    expected: TRAINED_PARTS,
    allows: (value: unknown) => typeof value === "string" && (value === "auto" || parseTrainedPart(value) !== null),
    default: "auto",
    does: "the trained part. all: every parameter; image-head: the projection of images and the temperature; head: both projections and the temperature; last:K: also the last K layers of both towers; lora:R: additions of rank R to all linear layers, merged on saving; auto: what suits the number of pairs, the model and the device",
    paper: "all",
  },
  memory: {
    kind: "text",
    expected: "auto, unlimited, or a size such as 20GiB",
    allows: (value: unknown) => typeof value === "string" && isMemory(value),
    default: "auto",
    does: "memory that the run may take: it plans pairs per graph run and activation checkpointing, and says what it chose; auto: 85 % of the machine",
  },
  pixels: {
    ...choice(...PIXEL_POLICIES),
    default: "browser",
    does: "how images are read, which differs for turned, transparent, profiled and 16-bit grey ones",
    paper: "transformers",
  },
  share: { ...number(0.001, 1), default: 1, does: "share of the prompts of train to learn from" },
  patience: {
    ...count(0),
    default: 0,
    does: "number of validations in a row without a better one after which the run ends; 0: never",
  },
  layerDecay: {
    ...number(0.01, 1),
    default: 1,
    does: "learning rate of each layer as a share of that of the layer above",
    paper: "1",
  },
  out: { ...text, default: "", does: "the run folder, new: best checkpoint, run.json, metrics.jsonl, report.html" },
  seed: {
    ...count(0),
    default: 42,
    does: "decides all that is random: the order of the examples, the folds, and the first values of lora",
    paper: "42",
  },
  steps: { ...orAuto(count(1)), default: "auto", does: "number of optimizer steps", paper: "4000" },
  batchPairs: { ...orAuto(count(1)), default: "auto", does: "number of pairs per optimizer step", paper: "128" },
  microBatchPairs: {
    ...count(1),
    default: 32,
    does: "number of pairs per graph run: changes memory and speed, not the result, since weights are exact over the step",
  },
  order: {
    ...choice("shuffled", "by-prompt"),
    default: "shuffled",
    does: "order of the pairs; by-prompt keeps the pairs of a prompt together, so that text and kept images are encoded once",
    paper: "shuffled",
  },
  negatives: {
    ...choice("none", "in-batch"),
    default: "none",
    does: "what a pair is compared with besides its own two images; in-batch: also the images and texts of the other prompts in the graph run, as in the paper's ablation, which lowers accuracy",
    paper: "none",
  },
  temperature: {
    ...choice("fit", "keep"),
    default: "fit",
    does: "whether the temperature T is fitted to the training pairs before the first step: a small CLIP is surer than people are",
    paper: "keep, T starts at 100",
  },
  learningRate: { ...orAuto(number(0, 1)), default: "auto", does: "the highest learning rate", paper: "3e-6" },
  warmup: {
    ...choice("logarithmic", "linear", "none"),
    default: "logarithmic",
    does: "how the learning rate rises at first",
    paper: "logarithmic",
  },
  warmupSteps: {
    ...orAuto(count(0)),
    default: "auto",
    does: "number of optimizer steps until the highest learning rate",
    paper: "500",
  },
  warmupOrder: {
    ...choice("before-optimizer", "after-optimizer"),
    default: "before-optimizer",
    does: "whether the schedule steps before the optimizer, or after it as in the authors' trainer, where the very first step has the full rate, the second has 0, and the rest comes one step later",
    paper: "after-optimizer",
  },
  decay: {
    ...choice("linear", "cosine", "late", "none"),
    default: "linear",
    does: "how the learning rate falls after the warm-up, to 0 at the last step; late: over the last quarter only",
    paper: "linear",
  },
  ...adamWSettings({
    ...{ weightDecay: { default: 0.3, paper: "0.3" }, clipNorm: { paper: "1.0" } },
    ...{ beta1: { paper: "0.9" }, beta2: { paper: "0.999" }, epsilon: { paper: "1e-8" } },
  }),
  validateEvery: {
    ...orAuto(count(1)),
    default: "auto",
    does: "number of optimizer steps between two validations",
    paper: "100",
  },
  validationSplit: {
    ...orAuto(choice("validation_unique", "validation", "cross-fitted")),
    default: "auto",
    does: "the pairs that choose the best step; cross-fitted: all pairs of train, each judged by one of five trainings that did not see its prompt (head, image-head and last:K only)",
    paper: "validation_unique",
  },
  validationPairs: {
    ...count(1),
    default: 500,
    does: "largest number of pairs of the validation split that are used",
    paper: "500, all of validation_unique",
  },
  saveEvery: { ...count(1), default: 100, does: "number of optimizer steps between two saves: what a crash may cost" },
  pixelCacheMiB: {
    ...count(0),
    default: 128,
    does: "MiB of prepared pixels that stay in memory; the others are read from a file in the run folder",
  },
  threads: { ...count(0), default: 0, does: "number of threads; 0: as many as the machine has cores" },
  device: {
    ...choice("auto", "cpu", "webgpu"),
    default: "cpu",
    does: "where steps are made; auto: the fastest that starts; on webgpu all that a step changes stays there",
  },
  precision: {
    ...choice("auto", "float32", "float16"),
    default: "auto",
    does: "numbers of matrix products; auto: float16, with loss scaling, on a device that is clearly faster in it",
    paper: "bfloat16",
  },
};

/** Whether no setting is "auto". */
export const hasEveryChoice = (asked: AskedSettings): asked is TrainSettings => CHOSEN.every((name) => asked[name] !== "auto");

/** Fills in the defaults of a PickScore run and checks every value. Throws as `resolve` does. */
export const resolveSettings = (given: Readonly<Partial<AskedSettings>>): AskedSettings => resolve(SETTINGS, given);
