/** @file From the name of a model to its folder: the ones that ship with this package, or any folder in Hugging Face layout. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { PickScoreError } from "./errors.ts";

const SHIPPED = fileURLToPath(new URL("../models/", import.meta.url));

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
 * @throws {PickScoreError} PICKAPIC_MODEL_UNKNOWN, with what exists, or PICKAPIC_MODEL_BROKEN for a folder that is none.
 */
export function modelFolder(name: string, shipped: string = SHIPPED): string {
  const names = shippedModels(shipped);
  if (names.includes(name)) return join(shipped, name);
  const folder = resolve(name);
  if (isModel(folder)) return folder;
  const there = statSync(folder, { throwIfNoEntry: false });
  if (there) throw broken(name, there.isDirectory());
  const list = names.length > 0 ? names.join(", ") : "none";
  throw new PickScoreError(
    "PICKAPIC_MODEL_UNKNOWN",
    `There is no model "${name}". Models that ship: ${list}. Otherwise give a folder with config.json and model.safetensors.`,
  );
}

const isModel = (folder: string): boolean => existsSync(join(folder, "config.json"));

function broken(name: string, isFolder: boolean): PickScoreError {
  const came = isFolder ? "has no config.json" : "is a file";
  return new PickScoreError(
    "PICKAPIC_MODEL_BROKEN",
    `Model "${name}": expected a folder with config.json and model.safetensors, but it ${came}.`,
  );
}
