/** @file Fetches models of the hub and shows the progress. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FetchOptions } from "@pickapic/hub";
import type { ModelPlace } from "@pickapic/pickscore";
import { type Context, note } from "../context.ts";
import { showProgress } from "../progress.ts";

/** Runs a download with the environment and the signal of the command, and shows its progress. */
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

/** Returns the folder of a model by any of its names. A model of the hub is fetched if the cache does not have it. */
export async function findWithProgress(model: string, processor: string | undefined, context: Context): Promise<ModelPlace> {
  const { findModel } = await import("@pickapic/pickscore");
  return withDownload(context, (options) => findModel(model, { ...options, processor }));
}

/**
 * Fetches the models that are names of the hub, and the processor, before a command begins its work. Notes on stderr if a model is a training run that has
 * kept its starting weights.
 */
export async function fetchModels(models: readonly string[], context: Context, processor?: string): Promise<void> {
  const { parseHubName } = await import("@pickapic/hub");
  const { isModelName } = await import("@pickapic/pickscore/scorers");
  const isOfHub = (name: string | undefined) => name !== undefined && parseHubName(name) !== null;
  for (const model of models.filter(isModelName)) {
    if (isOfHub(model) || isOfHub(processor)) await findWithProgress(model, processor, context);
    const start = await keptStart(model);
    if (start !== null) note(context, startKeptText(model, start));
  }
}

/** If a model is a training run that kept its starting weights because no step was better, returns the model that it started from. Otherwise null. */
export async function keptStart(model: string): Promise<string | null> {
  const text = await readFile(join(model, "run.json"), "utf8").catch(() => "{}");
  try {
    const { startKept, settings } = JSON.parse(text) as { startKept?: boolean; settings?: { init?: string } };
    return startKept === true ? (settings?.init ?? "the model that it started from") : null;
  } catch {
    // A model can be used without the record of its run. Commands that need the record report what is wrong with it.
    return null;
  }
}

/** The note of every command that uses a training run that has kept its starting weights. */
export const startKeptText = (model: string, start: string): string =>
  `${model} holds the starting weights of ${start}: no step of its training was better, so it scores like ${start} with another temperature.`;

const megabytes = (bytes: number): number => Math.ceil(bytes / 1e6);
