/** @file From the name of a model to its folder: the ones that ship with this package, any folder in Hugging Face layout, or a name of the hub. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Checkpoint, FetchOptions, HubName } from "@pickapic/clip";
import { strangerAmong } from "@pickapic/clip/strangers";
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
 * The folder of a model, given the name of a shipped one or a path.
 * @throws {PickScoreError} PICKAPIC_CHECKPOINT_UNKNOWN, with what exists, or PICKAPIC_CHECKPOINT_BROKEN for a folder that is none.
 */
export function modelFolder(name: string, shipped: string = SHIPPED): string {
  const names = shippedModels(shipped);
  if (names.includes(name)) return join(shipped, name);
  const folder = resolve(name);
  if (isModel(folder)) return folder;
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there) throw broken(name, there.isDirectory() ? readdirSync(folder) : null);
  const list = names.length > 0 ? names.join(", ") : "none";
  const what = isPath(name) ? `There is no folder ${name} (looked for ${folder})` : `There is no model "${name}"`;
  throw new PickScoreError("PICKAPIC_CHECKPOINT_UNKNOWN", what, list);
}

export interface ModelOptions extends Omit<FetchOptions, "component"> {
  /** Where tokenizer and preprocessor_config.json come from, when not from beside the weights: a folder or a name of the hub. "auto" is as none. */
  readonly processor?: string | undefined;
}

export interface ModelPlace {
  /** The name without its path: "pickscore-toy", "mine", "org/name". */
  readonly name: string;
  readonly folder: string;
  readonly processorFolder: string;
}

/**
 * Where a model is on this disk. A name of the hub is fetched when the cache has it not.
 * @param model "pickscore-toy", "clip-toy", a folder in Hugging Face layout, or `org/name` or `org/name@revision` of the hub
 * @throws {PickScoreError} PICKAPIC_CHECKPOINT_UNKNOWN, PICKAPIC_CHECKPOINT_BROKEN; ClipError's PICKAPIC_CLIP_HUB_ codes
 */
export async function findModel(model: string, { processor: named, ...options }: ModelOptions = {}): Promise<ModelPlace> {
  const processor = named === "auto" ? undefined : named;
  const hub = await hubName(model);
  if (!hub) {
    const folder = modelFolder(model);
    return { name: basename(folder), folder, processorFolder: await processorFolder(processor, folder, options) };
  }
  const { fetchModel, processorOf } = await import("@pickapic/clip");
  const folder = await fetchModel(hub, { ...options, component: "model" });
  return { name: hub.repository, folder, processorFolder: await processorFolder(processor ?? processorOf(hub), folder, options) };
}

/**
 * A sentence of caution for those who read the scores of a model; null where there is nothing to say. A model that has learned from simulated
 * pictures only says so in its config.json, and so does every model that was trained or converted from it.
 */
export async function cautionOf(model: string): Promise<string | null> {
  const { name, folder } = await findModel(model);
  const config: unknown = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  const isToy = typeof config === "object" && config !== null && "pickapic_pictures" in config;
  return isToy
    ? `${name} has only ever seen the simulated pictures of the toy world: of photographs, and of every other picture, its scores say nothing. Choose a real model for them, for example --scorer yuvalkirstain/PickScore_v1.`
    : null;
}

/** Finds a model and opens it. */
export async function openModel(model: string, options: ModelOptions = {}): Promise<Checkpoint> {
  const { folder, processorFolder } = await findModel(model, options);
  const { openCheckpoint } = await import("@pickapic/clip");
  return openCheckpoint(folder, { processorFolder });
}

async function processorFolder(name: string | undefined, beside: string, options: FetchOptions): Promise<string> {
  if (name === undefined) return beside;
  const hub = await hubName(name);
  if (!hub) return shippedModels().includes(name) ? join(SHIPPED, name) : resolve(name);
  const { fetchModel } = await import("@pickapic/clip");
  return fetchModel(hub, { ...options, component: "processor" });
}

const isPath = (name: string): boolean => /[\\/]/.test(name);

/**
 * Whether a name can only mean a folder: it is there, or begins or ends as paths do, or the folder that it would lie in is there and no revision follows it. "runs/mine"
 * is then not looked for on the hub, where anyone may have registered it.
 */
function meansFolder(name: string): boolean {
  if (existsSync(resolve(name)) || /^[./~\\]|[/\\]$|\\|^[a-z]:/i.test(name)) return true;
  return !name.includes("@") && existsSync(resolve(dirname(name)));
}

/** A name of the hub, unless it means a folder. The engine is loaded for the hub only: a process that asks a scoring process needs none of its own. */
async function hubName(name: string): Promise<HubName | null> {
  if (!name.includes("/") || meansFolder(name)) return null;
  const { parseHubName } = await import("@pickapic/clip");
  return parseHubName(name);
}

const isModel = (folder: string): boolean => existsSync(join(folder, "config.json"));

/** @param files names of the files in the folder, or null when it is none */
function broken(name: string, files: readonly string[] | null): PickScoreError {
  const came = files ? `has no config.json${strangerAmong(files)}` : "is a file: give the folder that it lies in";
  return new PickScoreError("PICKAPIC_CHECKPOINT_BROKEN", name, came);
}
