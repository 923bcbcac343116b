/** @file metrics.jsonl: one line per optimizer step and per validation, appended as they happen. */
import { appendFile, readFile } from "node:fs/promises";
import { writeWholeFile } from "@pickapic/disk";

export interface StepMetrics {
  step: number;
  /** Weighted mean over the step, before the update. */
  loss: number;
  learningRate: number;
  /** L2 norm of all gradients before clipping. */
  gradientNorm: number;
  /** What the loss was multiplied by, where products are in float16. */
  lossScale?: number;
  seconds: number;
}

/** Accuracy 0...1 after `step` optimizer steps; ties do not count. */
export interface ValidationMetrics {
  step: number;
  validationAccuracy: number;
  validationPairs: number;
}

export type Metrics = StepMetrics | ValidationMetrics;

export async function appendMetrics(file: string, metrics: Metrics): Promise<void> {
  await appendFile(file, `${JSON.stringify(metrics)}\n`);
}

/** All metrics of a file in order; a last line that a crash cut short is left out. Empty when there is no file. */
export async function readMetrics(file: string): Promise<Metrics[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const end = text.lastIndexOf("\n") + 1;
  return text
    .slice(0, end)
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Metrics);
}

/** The step before the first: keeps no line of an earlier run that never came to be saved. */
export const NOTHING = -1;

/** Drops what was written after the state that a run goes on from: those steps come again. */
export async function keepMetricsUpTo(file: string, step: number): Promise<void> {
  const kept = (await readMetrics(file)).filter((metrics) => metrics.step <= step);
  await writeWholeFile(file, kept.map((metrics) => `${JSON.stringify(metrics)}\n`).join(""));
}
