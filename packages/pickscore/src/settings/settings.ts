/** @file Every setting of a training run in one flat table: default, unit, the paper's value, and what is allowed. */
import { PIXEL_POLICIES, type PixelPolicy } from "@pickapic/pictures/policy";
import { isMemory } from "./memorySize.ts";
import { choice, count, number, resolve, type SettingTable, text } from "./settingTable.ts";
import { PART_PATTERN } from "./trainedPart.ts";

/** What a run is told. Resolved settings are saved with the run, so a run can be repeated from its folder alone. */
export interface TrainSettings {
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
  temperature: "fit" | "keep";
  learningRate: number;
  warmup: "logarithmic" | "linear" | "none";
  warmupSteps: number;
  decay: "linear" | "cosine" | "late" | "none";
  weightDecay: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  clipNorm: number;
  validateEvery: number;
  validationSplit: "validation_unique" | "validation";
  validationPairs: number;
  saveEvery: number;
  pixelCacheMiB: number;
  threads: number;
  device: "auto" | "cpu" | "webgpu";
  precision: "auto" | "float32" | "float16";
}

/** The defaults suit a few thousand pairs and a small model; the paper's values stand beside them. */
export const SETTINGS: SettingTable<TrainSettings> = {
  dataset: { ...text, default: "", reason: "a dataset folder as `pickapic dataset export` writes it" },
  init: { ...text, default: "clip-toy", reason: "paper: CLIP ViT-H/14 of LAION; a shipped name or a folder" },
  processor: {
    ...text,
    default: "auto",
    reason: "where tokenizer and preprocessor_config.json of init are: a folder, or ORG/NAME; auto: beside its weights",
  },
  train: {
    unit: "part",
    expected: "all, head, last:K or lora:R, K and R at least 1",
    allows: (value: unknown) => typeof value === "string" && PART_PATTERN.test(value),
    default: "all",
    reason:
      "paper: all; head: projections and temperature; last:K: also the last K layers of both towers; lora:R: additions of rank R to all linear layers, merged on saving",
  },
  memory: {
    unit: "such as 20GiB",
    expected: "auto, unlimited, or a size such as 20GiB",
    allows: (value: unknown) => typeof value === "string" && isMemory(value),
    default: "auto",
    reason: "plans pairs per graph run and activation checkpointing, and says what it chose; auto: 85 % of the machine",
  },
  pixels: {
    ...choice(...PIXEL_POLICIES),
    default: "browser",
    reason: "paper: transformers; how images are read, which differs for turned, transparent, profiled and 16-bit grey ones",
  },
  share: { ...number(0.001, 1), unit: "of the prompts of train", default: 1, reason: "for curves of accuracy over data" },
  patience: { ...count(0), unit: "validations", default: 0, reason: "stops after so many without a better one; 0: never" },
  layerDecay: {
    ...number(0.01, 1),
    unit: "per layer",
    default: 1,
    reason: "paper: 1; below it, each layer gets this share of the learning rate of the layer above",
  },
  out: { ...text, default: "", reason: "the run folder: the best checkpoint, run.json, metrics.jsonl" },
  seed: { ...count(0), unit: "seed", default: 42, reason: "paper: 42; sets the order of the examples, all that is random here" },
  steps: { ...count(1), unit: "optimizer steps", default: 300, reason: "paper: 4000" },
  batchPairs: { ...count(1), unit: "pairs per optimizer step", default: 64, reason: "paper: 128" },
  microBatchPairs: {
    ...count(1),
    unit: "pairs per graph run",
    default: 32,
    reason: "memory only: weights are exact over the step",
  },
  order: {
    ...choice("shuffled", "by-prompt"),
    default: "shuffled",
    reason: "paper: shuffled; by-prompt keeps the pairs of a prompt together, so that text and kept images are encoded once",
  },
  temperature: {
    ...choice("fit", "keep"),
    default: "fit",
    reason: "paper: keep, T starts at 100; a small CLIP is surer than people are, so T is fitted to the training pairs first",
  },
  learningRate: {
    ...number(0, 1),
    unit: "per step",
    default: 3e-5,
    reason: "paper: 3e-6 for a billion parameters; small ones want more",
  },
  warmup: { ...choice("logarithmic", "linear", "none"), default: "logarithmic", reason: "paper: lr ln(t+1) / ln(warmupSteps)" },
  warmupSteps: { ...count(0), unit: "optimizer steps", default: 30, reason: "paper: 500" },
  decay: { ...choice("linear", "cosine", "late", "none"), default: "linear", reason: "paper: linear, to 0 at the last step" },
  weightDecay: {
    ...number(0, 1),
    unit: "1/step, times lr",
    default: 0.3,
    reason: "paper: 0.3, on all parameters as torch AdamW does",
  },
  beta1: { ...number(0, 0.999999), unit: "1", default: 0.9, reason: "torch AdamW" },
  beta2: { ...number(0, 0.999999), unit: "1", default: 0.999, reason: "torch AdamW" },
  epsilon: { ...number(1e-12, 1), unit: "gradient", default: 1e-8, reason: "torch AdamW" },
  clipNorm: { ...number(0, 1e9), unit: "L2 norm of all gradients", default: 1, reason: "paper: 1.0; 0 switches clipping off" },
  validateEvery: { ...count(1), unit: "optimizer steps", default: 50, reason: "paper: 100" },
  validationSplit: {
    ...choice("validation_unique", "validation"),
    default: "validation_unique",
    reason: "paper: validation_unique; in a small dataset the larger validation chooses with less noise",
  },
  validationPairs: { ...count(1), unit: "pairs", default: 500, reason: "paper: 500, all of validation_unique" },
  saveEvery: { ...count(1), unit: "optimizer steps", default: 100, reason: "how much a crash may cost" },
  pixelCacheMiB: {
    ...count(0),
    unit: "MiB",
    default: 2048,
    reason: "prepared pixels beyond it wait in a file in the run folder",
  },
  threads: { ...count(0), unit: "threads", default: 0, reason: "0: as many as the machine has cores" },
  device: {
    ...choice("auto", "cpu", "webgpu"),
    default: "cpu",
    reason: "auto: the fastest that starts; on webgpu all that a step changes stays there",
  },
  precision: {
    ...choice("auto", "float32", "float16"),
    default: "auto",
    reason: "of matrix products; auto: float16, with loss scaling, on a device that is clearly faster in it",
  },
};

/** The settings of a PickScore run: defaults filled in, every value checked. */
export const resolveSettings = (given: Readonly<Partial<TrainSettings>>): TrainSettings => resolve(SETTINGS, given);
