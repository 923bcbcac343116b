/** @file A run folder, as its report reads it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Metrics, readMetrics, readValidation, type ValidationRecord } from "@pickapic/pickscore";
import { PIXEL_POLICIES } from "@pickapic/pictures/policy";
import { z } from "zod";
import { ExperimentError } from "../errors.ts";

/** What is used of run.json; it holds more. */
const RECORD = z.object({
  format: z.literal(1),
  kind: z.literal("pickscore"),
  settings: z.looseObject({
    dataset: z.string(),
    init: z.string(),
    seed: z.number(),
    steps: z.number(),
    batchPairs: z.number(),
    threads: z.number(),
    clipNorm: z.number(),
    // Runs of before these two settings came took all prompts, and the processor beside the weights.
    share: z.number().default(1),
    processor: z.string().default("auto"),
    // Runs of before read images as transformers does; of a dataset that is the same, because it holds plain JPEGs.
    pixels: z.enum(PIXEL_POLICIES).default("transformers"),
  }),
  versions: z.record(z.string(), z.string()),
  place: z.object({ device: z.string(), precision: z.string() }).optional(),
  dataset: z.record(z.string(), z.string()).optional(),
  init: z.record(z.string(), z.string()).optional(),
  step: z.number(),
  best: z.object({ step: z.number(), accuracy: z.number() }).nullable(),
  recipe: z.object({ chosen: z.array(z.string()), reason: z.string() }).optional(),
  finished: z.boolean(),
});

export interface Run {
  folder: string;
  record: z.infer<typeof RECORD>;
  metrics: Metrics[];
  /** null without a validation split, and before the run is finished. */
  validation: ValidationRecord | null;
}

/** The step that the checkpoint in the run folder is from. */
export const checkpointStep = ({ record }: Run): number => record.best?.step ?? record.step;

/**
 * Reads run.json, metrics.jsonl and validation.json.
 * @throws ExperimentError PICKAPIC_CLI_RUN_MISSING when the folder holds no run, PICKAPIC_CLI_RUN_BROKEN when a file of it cannot be read
 */
export async function readRun(folder: string): Promise<Run> {
  const text = await readFile(join(folder, "run.json"), "utf8").catch(() => null);
  if (text === null) throw new ExperimentError("PICKAPIC_CLI_RUN_MISSING", folder);
  const record = await reading(folder, "run.json", async () => RECORD.parse(JSON.parse(text)));
  const metrics = await reading(folder, "metrics.jsonl", () => readMetrics(join(folder, "metrics.jsonl")));
  const validation = await reading(folder, "validation.json", () => readValidation(folder));
  return { folder, record, metrics, validation };
}

/** Reads one file of a run; whatever is wrong with it becomes one sentence. */
export async function reading<T>(folder: string, name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error).split("\n").join(" ") : (error as Error).message;
    throw new ExperimentError("PICKAPIC_CLI_RUN_BROKEN", join(folder, name), reason).because(error);
  }
}
