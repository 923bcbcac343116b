/** @file metrics.jsonl: one line for each optimizer step and each validation, in the order in which they happened. */
import { appendFile, readFile } from "node:fs/promises";
import { writeWholeFile } from "@pickapic/disk";
import { z } from "zod";
import { reading } from "./record.ts";

const STEP = z.object({
  /** Counted from 1. */
  step: z.number(),
  /** Weighted mean over the step, before the update; nats. */
  loss: z.number(),
  learningRate: z.number(),
  /** L2 norm of all gradients before clipping. */
  gradientNorm: z.number(),
  /** The loss scale; only when matrix products are in float16. */
  lossScale: z.number().optional(),
  seconds: z.number(),
});

/** Accuracy 0...1 after `step` optimizer steps; ties do not count. */
const VALIDATION = z.object({ step: z.number(), validationAccuracy: z.number(), validationPairs: z.number() });

const METRICS = z.union([STEP, VALIDATION]);

/** The line of metrics.jsonl for one optimizer step. */
export type StepMetrics = z.infer<typeof STEP>;

/** The line of metrics.jsonl for one validation. */
export type ValidationMetrics = z.infer<typeof VALIDATION>;

/** One line of metrics.jsonl. */
export type Metrics = z.infer<typeof METRICS>;

/** Appends one line to the file. */
export async function appendMetrics(file: string, metrics: Metrics): Promise<void> {
  await appendFile(file, `${JSON.stringify(metrics)}\n`);
}

/**
 * All metrics of a file, in order. A last line that a crash cut short is left out; without a file the list is empty.
 * @throws {PickScoreError} PICKAPIC_RUN_BROKEN
 */
export async function readMetrics(file: string): Promise<Metrics[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  return reading(file, () => lines.filter(Boolean).map((line) => METRICS.parse(JSON.parse(line))));
}

/** Removes the lines of steps after `step`, because a run that is resumed there makes these steps again. -1 removes all lines. */
export async function keepMetricsUpTo(file: string, step: number): Promise<void> {
  const earlier = (await readMetrics(file)).filter((metrics) => metrics.step <= step);
  await writeWholeFile(file, earlier.map((metrics) => `${JSON.stringify(metrics)}\n`).join(""));
}
