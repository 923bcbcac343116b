/** @file run.json: what it holds, how it is read and how the record of a run under way is made. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { messageOf } from "@pickapic/errors";
import { z } from "zod";
import { PickScoreError } from "../errors.ts";
import { hasEveryChoice, resolveSettings, SETTINGS, type TrainSettings } from "../settings/settings.ts";

/** File name -> sha256, hexadecimal. */
const CHECKSUMS = z.record(z.string(), z.string());

/** How a run chose its step, kept to be shown. Accuracy is 0...1 without ties, loss is in nats. */
const CROSS_FIT = z.object({
  folds: z.int().min(2),
  chosen: z.int().min(0),
  steps: z.array(z.object({ step: z.int().min(0), accuracy: z.number(), loss: z.number() })),
});

const RECORD = z.object({
  format: z.literal(1),
  kind: z.enum(["pickscore", "contrastive"]),
  settings: z.record(z.string(), z.unknown()),
  versions: z.record(z.string(), z.string()),
  /** Checksums of the dataset (of its SHA256SUMS where it has one) and of the starting model; absent for data in memory. */
  dataset: CHECKSUMS.optional(),
  init: CHECKSUMS.optional(),
  /** How the steps fit into memory; a run that goes on keeps it, because other micro-batches would round otherwise. */
  plan: z
    .object({
      microBatchPairs: z.int().min(1),
      lean: z.boolean(),
      recompute: z.boolean(),
      rows: z.int().min(1),
      pixelCacheMiB: z.number().min(0),
      bytes: z.number().nullable(),
    })
    .optional(),
  /** The device of the steps and the precision of its matrix products; a run that goes on keeps both. */
  place: z
    .object({ device: z.enum(["cpu", "webgpu", "coreml", "dml", "cuda"]), precision: z.enum(["float32", "float16"]) })
    .optional(),
  /** Only where matrix products are in float16. */
  lossScale: z.object({ scale: z.number().min(1), good: z.int().min(0) }).optional(),
  /** Optimizer steps that are done. It is also the position in the data, because batches never run short. */
  step: z.int().min(0),
  /** Where the next batch starts: the epoch, the example in it, and the seed that orders the epoch. */
  position: z.object({ epoch: z.int().min(0), example: z.int().min(0), seed: z.number() }).optional(),
  /** The validation that the model in the run folder had; accuracy 0...1. */
  best: z.object({ step: z.int().min(0), accuracy: z.number() }).nullable(),
  /** The settings that were left to the rule, and its reason in a sentence. */
  recipe: z.object({ chosen: z.array(z.string()), reason: z.string() }).optional(),
  crossFit: CROSS_FIT.optional(),
  /** Whether no step was better than the starting weights, so that the folder holds those. Known when the run is finished. */
  startKept: z.boolean().optional(),
  /** The folder of parameters and moments after `step` steps; null when the run is finished. */
  state: z.string().nullable().default(null),
  finished: z.boolean(),
});

/** What run.json says. With the tensors of `state` it is all that a run needs to go on. */
export type RunRecord = z.infer<typeof RECORD>;

/** How cross-fitting chose the step of a run. */
export type CrossFit = z.infer<typeof CROSS_FIT>;

/** What a run under way knows of itself. `examples`: those of an epoch. */
interface RecordFacts
  extends Pick<
    RunRecord,
    "kind" | "step" | "best" | "dataset" | "init" | "plan" | "place" | "lossScale" | "recipe" | "crossFit"
  > {
  settings: { batchPairs: number; seed: number };
  examples: number;
}

/** The record of a run that is under way. */
export function recordAt({ settings, examples, step, ...rest }: RecordFacts): RunRecord {
  const next = step * settings.batchPairs;
  return {
    format: 1,
    ...rest,
    settings: { ...settings },
    versions: versions(),
    step,
    position: { epoch: Math.floor(next / examples), example: next % examples, seed: settings.seed },
    state: null,
    finished: false,
  };
}

const PACKAGE = z.object({ version: z.string() });

/** What the numbers of a run may depend on besides its settings. */
const versions = (): Record<string, string> => ({
  pickapic: versionIn(new URL("../../package.json", import.meta.url)),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  machine: `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  "onnxruntime-node": versionIn(runtimePackage()),
});

const versionIn = (file: string | URL): string => PACKAGE.parse(JSON.parse(readFileSync(file, "utf8"))).version;

/** package.json of the engine, which is a dependency of the graph package and not of this one. */
const runtimePackage = (): string =>
  createRequire(createRequire(import.meta.url).resolve("@pickapic/graph")).resolve("onnxruntime-node/package.json");

/** @throws {PickScoreError} PICKAPIC_RUN_BROKEN for a text that is no record; `file` is named in it */
export const parseRecord = (text: string, file: string): RunRecord => reading(file, () => RECORD.parse(JSON.parse(text)));

/** What runs had before these settings came: all prompts, the processor beside the weights, images read as transformers does. */
const BEFORE: Partial<TrainSettings> = { share: 1, processor: "auto", pixels: "transformers" };

/**
 * The settings of a recorded PickScore run, checked; what later versions added has the value that leaves the run as it was.
 * @throws {PickScoreError} PICKAPIC_RUN_BROKEN
 */
export function recordedSettings({ kind, settings }: RunRecord, file: string): TrainSettings {
  return reading(file, () => {
    if (kind !== "pickscore") throw new Error(`expected a run of kind pickscore; it is of kind ${kind}`);
    const known = Object.fromEntries(Object.entries(settings).filter(([name]) => Object.hasOwn(SETTINGS, name)));
    const all = resolveSettings({ ...BEFORE, ...known });
    if (hasEveryChoice(all)) return all;
    throw new Error("expected settings with every choice made; one of them is auto");
  });
}

/** Reads one file of a run: whatever is wrong with it becomes PICKAPIC_RUN_BROKEN, with the reason. */
export function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).split("\n").join(" ") : messageOf(error);
    throw new PickScoreError("PICKAPIC_RUN_BROKEN", file, reason).because(error);
  }
}
