/** @file Which files of a repository a CLIP needs, and whether a folder has them. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { TOKENIZER_FILES, WEIGHTS, WEIGHTS_INDEX } from "@pickapic/clip/files";
import { z } from "zod";

/** What to fetch: the whole model, or only tokenizer and image processor. */
export type Component = "model" | "processor";

const PROCESSOR_FILES = [...TOKENIZER_FILES, "preprocessor_config.json", "processor_config.json"];

/** Returns the files to fetch, small ones first. Which shards belong to the model, the index says. */
export function wantedFiles<File extends { path: string; size: number }>(files: readonly File[], component: Component): File[] {
  const has = (name: string) => files.some(({ path }) => path === name);
  const weights = (path: string) =>
    has(WEIGHTS) ? path === WEIGHTS : path === WEIGHTS_INDEX || /^model-\d+-of-\d+\.safetensors$/.test(path);
  const wanted = (path: string) =>
    PROCESSOR_FILES.includes(path) || (component === "model" && (path === "config.json" || weights(path)));
  return files.filter(({ path }) => wanted(path)).sort((a, b) => a.size - b.size || (a.path < b.path ? -1 : 1));
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Whether a folder of the cache has everything. In a partial one, links are missing or lead nowhere. */
export async function isComplete(folder: string, component: Component): Promise<boolean> {
  const has = (name: string) => existsSync(join(folder, name));
  const tokenizes = has("tokenizer.json") || (has("vocab.json") && has("merges.txt"));
  const processes = has("preprocessor_config.json") || has("processor_config.json");
  if (component === "processor") return tokenizes && processes;
  if (!has("config.json")) return false;
  return has(WEIGHTS) || (await shardsOf(folder)).every(has);
}

/** Returns the weight files that an index names; without a readable index, a name that cannot exist. */
async function shardsOf(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, WEIGHTS_INDEX), "utf8").catch(() => "null");
  try {
    return [...new Set(Object.values(indexSchema.parse(JSON.parse(text)).weight_map))];
  } catch {
    return [WEIGHTS];
  }
}
