/** @file Models of the hub, with a bar while they are fetched. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FetchOptions } from "@pickapic/clip";
import type { ModelPlace } from "@pickapic/pickscore";
import { type Context, note } from "../context.ts";
import { showProgress } from "../progress.ts";

/** Calls `work` with what a download needs to know of the world, and shows its progress. */
export async function withDownload<T>(context: Context, work: (options: FetchOptions) => Promise<T>): Promise<T> {
  const view = showProgress(context, "fetching");
  const { env, signal } = context;
  const onProgress: FetchOptions["onProgress"] = ({ done, total, note }) => {
    context.goOn = "What has been fetched is kept: the same command goes on with it.";
    view.update({ done: megabytes(done), total: megabytes(total), unit: "MB", note });
  };
  try {
    return await work({ env, signal, onProgress });
  } finally {
    view.stop();
    context.goOn = signal.aborted ? context.goOn : "";
  }
}

/** Where a model is, by any of its names; one of the hub is fetched when the cache has it not. */
export async function findWithProgress(model: string, processor: string | undefined, context: Context): Promise<ModelPlace> {
  const { findModel } = await import("@pickapic/pickscore");
  return withDownload(context, (options) => findModel(model, { ...options, processor }));
}

/**
 * Fetches those that are names of the hub, and the processor that is asked for, before a command begins with its work; says so where a model is
 * a training run that has kept its starting weights.
 */
export async function fetchModels(models: readonly string[], context: Context, processor?: string): Promise<void> {
  const { parseHubName } = await import("@pickapic/clip");
  const isOfHub = (name: string | undefined) => name !== undefined && parseHubName(name) !== null;
  for (const model of models) {
    if (isOfHub(model) || isOfHub(processor)) await findWithProgress(model, processor, context);
    const start = await keptStart(model);
    if (start !== null) note(context, startKeptText(model, start));
  }
}

/** What a trained model started from, when its run has kept those weights because no step was better; null for every other model. */
export async function keptStart(model: string): Promise<string | null> {
  const text = await readFile(join(model, "run.json"), "utf8").catch(() => "{}");
  try {
    const { startKept, settings } = JSON.parse(text) as { startKept?: boolean; settings?: { init?: string } };
    return startKept === true ? (settings?.init ?? "the model that it started from") : null;
  } catch {
    // What is wrong with the record of a run says the command that reads it; a model can be used without.
    return null;
  }
}

/** Said by every command that uses such a model. */
export const startKeptText = (model: string, start: string): string =>
  `${model} holds the starting weights of ${start}: no step of its training was better, so it scores like ${start} with another temperature.`;

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
