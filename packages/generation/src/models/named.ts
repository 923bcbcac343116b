/** @file The files that a file of models names: workflows, manifests, templates and secrets. When one of them changes, the models that are made from it do. */

import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { KINDS } from "../backends/index.ts";
import type { ModelEntry, ModelsFile } from "./file.ts";

/** The files that a model is made from, as absolute paths. Some of them need not exist. */
export function filesOf({ kind, target, fields }: ModelEntry, source: string): string[] {
  const { files } = { files: undefined, ...KINDS[kind] };
  const named = [...(files?.({ target, own: fields }) ?? []), ...(fields.templates === undefined ? [] : [fields.templates])];
  return named.map((file) => resolve(dirname(resolve(source)), file));
}

/** All files that a file of models names, as absolute paths. */
export function filesNamed({ models, secretsFile }: ModelsFile, source: string): string[] {
  const secrets = secretsFile === undefined ? [] : [resolve(dirname(resolve(source)), secretsFile)];
  return [...new Set([...models.flatMap((entry) => filesOf(entry, source)), ...secrets])];
}

/** A text that is another one after one of the files was written, replaced or removed. */
export async function stampOf(files: readonly string[]): Promise<string> {
  const found = await Promise.all(files.map((file) => stat(file).catch(() => null)));
  return found.map((one) => (one ? `${one.mtimeMs} ${one.size} ${one.ino}` : "none")).join(", ");
}
