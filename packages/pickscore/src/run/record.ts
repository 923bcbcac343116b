/** @file run.json: its format, reading it, and making the record of a running training. */
import { availableParallelism, cpus, totalmem } from "node:os";
import { messageOf } from "@pickapic/errors";
import { runtimeVersion } from "@pickapic/graph";
import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { PickScoreError } from "../errors.ts";
import { hasEveryChoice, resolveSettings, SETTINGS, type TrainSettings } from "../settings/settings.ts";

/** File name -> sha256, hexadecimal. */
const CHECKSUMS = z.record(z.string(), z.string());

/** How cross-fitting chose the step of a run, for reports. Accuracy is 0...1 without ties, loss is in nats. */
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
  /** The memory plan. A resumed run keeps it, because other micro-batches would round differently. */
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
  /** The device of the steps and the precision of its matrix products. A resumed run keeps both. Records of older versions call it `place`. */
  execution: z
    .object({ device: z.enum(["cpu", "webgpu", "coreml", "dml", "cuda"]), precision: z.enum(["float32", "float16"]) })
    .optional(),
  /** Only when matrix products are in float16. */
  lossScale: z.object({ scale: z.number().min(1), good: z.int().min(0) }).optional(),
  /** Optimizer steps that are done. They also give the position in the data, because all batches have the same size. */
  step: z.int().min(0),
  /** Where the next batch starts: the epoch, the example in it, and the seed that orders the epoch. */
  position: z.object({ epoch: z.int().min(0), example: z.int().min(0), seed: z.number() }).optional(),
  /** Step and validation accuracy, 0...1, of the best model so far; null when no validation chose one. */
  best: z.object({ step: z.int().min(0), accuracy: z.number() }).nullable(),
  /** The settings that were "auto", and the reason for the choice in a sentence. */
  recipe: z.object({ chosen: z.array(z.string()), reason: z.string() }).optional(),
  crossFit: CROSS_FIT.optional(),
  /** Whether no step was better than the starting weights, so that the folder holds those. Known when the run is finished. */
  startKept: z.boolean().optional(),
  /** The folder of parameters and moments after `step` steps; null when the run is finished. */
  state: z.string().nullable().default(null),
  finished: z.boolean(),
});

/** The content of run.json. Together with the tensors in the folder `state` it is all that is needed to resume the run. */
export type RunRecord = z.infer<typeof RECORD>;

/** How cross-fitting chose the step of a run. */
export type CrossFit = z.infer<typeof CROSS_FIT>;

/** The facts about a running training that its record is made of. `examples` is the number of pairs in an epoch. */
interface RecordFacts
  extends Pick<
    RunRecord,
    "kind" | "step" | "best" | "dataset" | "init" | "plan" | "execution" | "lossScale" | "recipe" | "crossFit"
  > {
  settings: { batchPairs: number; seed: number };
  examples: number;
}

/** Makes the record of a run that is not finished. */
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

/** Versions and machine, on which the numbers of a run may depend besides its settings. */
export const versions = (): Record<string, string> => ({
  pickapic: manifest.version,
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
  machine: `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  "onnxruntime-node": runtimeVersion(),
});

/** The content of a run.json of an older version with the names of today. */
const withNewNames = (record: unknown): unknown =>
  typeof record === "object" && record !== null && "place" in record ? { ...record, execution: record.place } : record;

/** Reads the text of a run.json. @throws {PickScoreError} PICKAPIC_RUN_BROKEN, naming `file`, when the text is not a record */
export const parseRecord = (text: string, file: string): RunRecord =>
  reading(file, () => RECORD.parse(withNewNames(JSON.parse(text))));

/** Values for settings that the records of older versions do not have: they describe what those versions did. */
const BEFORE: Partial<TrainSettings> = { share: 1, processor: "auto", pixels: "transformers" };

/**
 * The settings of a recorded PickScore run, checked. A setting that its version did not have gets the value that describes what that version did.
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

/** Calls `read` for a file of a run. An error becomes PICKAPIC_RUN_BROKEN with the file and the reason. */
export function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).split("\n").join(" ") : messageOf(error);
    throw new PickScoreError("PICKAPIC_RUN_BROKEN", file, reason).because(error);
  }
}
