/** @file Finds the folder of a model by its name: a model that ships with this package, a folder in Hugging Face layout, or a name of the hub. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Checkpoint } from "@pickapic/clip";
import { strangerAmong, strangerAt } from "@pickapic/clip/strangers";
import type { FetchOptions, HubName } from "@pickapic/hub";
import { PickScoreError } from "../errors.ts";

const SHIPPED = fileURLToPath(new URL("../../models/", import.meta.url));

/** The names of the models that ship with this package, sorted. */
export function shippedModels(shipped: string = SHIPPED): string[] {
  return existsSync(shipped)
    ? readdirSync(shipped)
        .filter((name) => isModel(join(shipped, name)))
        .sort()
    : [];
}

/**
 * The folder of a model, by the name of a shipped model or a path.
 * @throws {PickScoreError} PICKAPIC_CHECKPOINT_UNKNOWN, which lists the shipped models; PICKAPIC_CHECKPOINT_BROKEN when the path has no model
 */
export function modelFolder(name: string, shipped: string = SHIPPED): string {
  const names = shippedModels(shipped);
  if (names.includes(name)) return join(shipped, name);
  const folder = resolve(name);
  if (isModel(folder)) return folder;
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there)
    throw new PickScoreError(
      "PICKAPIC_CHECKPOINT_BROKEN",
      name,
      there.isDirectory() ? withoutModel(folder) : fileInstead(folder),
    );
  const list = names.length > 0 ? names.join(", ") : "none";
  const what = isPath(name) ? `There is no folder ${name} (looked for ${folder})` : `There is no model "${name}"`;
  throw new PickScoreError("PICKAPIC_CHECKPOINT_UNKNOWN", what, list);
}

/** Where the tokenizer and the preprocessing of a model come from, and how it is downloaded. */
export interface ModelOptions extends Omit<FetchOptions, "component"> {
  /** A folder or a name of the hub with tokenizer and preprocessor_config.json. Without it, or with "auto", those beside the weights are used. */
  readonly processor?: string | undefined;
}

/** The folders of a model on this disk. */
export interface ModelPlace {
  /** The name of the model without a path, such as "pickscore-toy", "mine" or "org/name". */
  readonly name: string;
  readonly folder: string;
  readonly processorFolder: string;
}

/**
 * Finds a model on this disk. A model of the hub is downloaded when it is not in the cache.
 * @param model "pickscore-toy", "clip-toy", a folder in Hugging Face layout, or `org/name` or `org/name@revision` of the hub
 * @throws {PickScoreError} PICKAPIC_CHECKPOINT_UNKNOWN, PICKAPIC_CHECKPOINT_BROKEN; HubError's codes
 */
export async function findModel(model: string, { processor: named, ...options }: ModelOptions = {}): Promise<ModelPlace> {
  const processor = named === "auto" ? undefined : named;
  const hub = await hubName(model);
  if (!hub) {
    const folder = modelFolder(model);
    return { name: basename(folder), folder, processorFolder: await processorFolder(processor, folder, options) };
  }
  const { fetchModel, processorOf } = await import("@pickapic/hub");
  const folder = await fetchModel(hub, { ...options, component: "model" });
  return { name: hub.repository, folder, processorFolder: await processorFolder(processor ?? processorOf(hub), folder, options) };
}

/**
 * A warning for readers of a model's scores; null when none is needed. It is needed for a model that was trained on simulated pictures only, or from
 * such a model; their config.json says so.
 */
export async function cautionOf(model: string): Promise<string | null> {
  const { name, folder } = await findModel(model);
  const config: unknown = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  const isToy = typeof config === "object" && config !== null && "pickapic_pictures" in config;
  return isToy
    ? `${name} has only ever seen the simulated pictures of the toy world: of photographs, and of every other picture, its scores say nothing. Choose a real model for them, for example --scorer yuvalkirstain/PickScore_v1.`
    : null;
}

/** Finds a model and opens it. Throws as `findModel`, and a ClipError for a broken checkpoint. */
export async function openModel(model: string, options: ModelOptions = {}): Promise<Checkpoint> {
  const { folder, processorFolder } = await findModel(model, options);
  const { openCheckpoint } = await import("@pickapic/clip");
  return openCheckpoint(folder, { processorFolder });
}

async function processorFolder(name: string | undefined, beside: string, options: FetchOptions): Promise<string> {
  if (name === undefined) return beside;
  const hub = await hubName(name);
  if (!hub) return shippedModels().includes(name) ? join(SHIPPED, name) : resolve(name);
  const { fetchModel } = await import("@pickapic/hub");
  return fetchModel(hub, { ...options, component: "processor" });
}

const isPath = (name: string): boolean => /[\\/]/.test(name);

/**
 * Whether a name means a folder and is not looked for on the hub: the folder exists, the name begins or ends as paths do, or its parent folder exists
 * and the name has no revision. So a missing "runs/mine" is never downloaded from a stranger who registered that name on the hub.
 */
function meansFolder(name: string): boolean {
  if (existsSync(resolve(name)) || /^[./~\\]|[/\\]$|\\|^[a-z]:/i.test(name)) return true;
  return !name.includes("@") && existsSync(resolve(dirname(name)));
}

/** Reads a name of the hub; null when it means a folder. The import waits until a name needs it, because it loads the engine. */
async function hubName(name: string): Promise<HubName | null> {
  if (!name.includes("/") || meansFolder(name)) return null;
  const { parseHubName } = await import("@pickapic/hub");
  return parseHubName(name);
}

const isModel = (folder: string): boolean => existsSync(join(folder, "config.json"));

const withoutModel = (folder: string): string => `has no config.json${strangerAmong(readdirSync(folder))}`;

/** What to say of a file that was given in place of a model's folder. */
function fileInstead(file: string): string {
  const stranger = strangerAt(file);
  return stranger ? `is a file; ${stranger}` : "is a file: give the folder that it lies in";
}
