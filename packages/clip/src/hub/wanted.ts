/** @file Which files of a repository a CLIP needs, and whether a folder has them. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { TOKENIZER_FILES } from "../tokenizer/tokenizer.ts";

/** The whole model, or what turns texts and pictures into numbers for it. */
export type Part = "model" | "processor";

export const WEIGHTS = "model.safetensors";
export const WEIGHTS_INDEX = "model.safetensors.index.json";
const PROCESSOR_FILES = [...TOKENIZER_FILES, "preprocessor_config.json", "processor_config.json"];

/** Files of a repository to fetch, the small ones first. Shards are those that lie beside an index: which of them count, the index says. */
export function wantedFiles<File extends { path: string; size: number }>(files: readonly File[], part: Part): File[] {
  const has = (name: string) => files.some(({ path }) => path === name);
  const weights = (path: string) =>
    has(WEIGHTS) ? path === WEIGHTS : path === WEIGHTS_INDEX || /^model-\d+-of-\d+\.safetensors$/.test(path);
  const wanted = (path: string) =>
    PROCESSOR_FILES.includes(path) || (part === "model" && (path === "config.json" || weights(path)));
  return files.filter(({ path }) => wanted(path)).sort((a, b) => a.size - b.size || (a.path < b.path ? -1 : 1));
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Whether a folder of the cache has everything (the links of a half-fetched one lead nowhere, or are missing). */
export async function isComplete(folder: string, part: Part): Promise<boolean> {
  const has = (name: string) => existsSync(join(folder, name));
  const tokenizes = has("tokenizer.json") || (has("vocab.json") && has("merges.txt"));
  const processes = has("preprocessor_config.json") || has("processor_config.json");
  if (part === "processor") return tokenizes && processes;
  if (!has("config.json")) return false;
  return has(WEIGHTS) || (await shardsOf(folder)).every(has);
}

/** Weight files that an index names; one that cannot exist when there is no index to read. */
async function shardsOf(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, WEIGHTS_INDEX), "utf8").catch(() => "null");
  try {
    return [...new Set(Object.values(indexSchema.parse(JSON.parse(text)).weight_map))];
  } catch {
    return [WEIGHTS];
  }
}
