/** @file The weights of a checkpoint folder: which files hold them, and whether these are exactly the tensors that its config asks for. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { entryOf, itemAt } from "@pickapic/errors";
import { z } from "zod";
import { ClipError, few } from "../errors.ts";
import type { Shape } from "../model/parameters.ts";
import { quantizedForm, quantizedShape, scaleName } from "../model/quantize.ts";
import { pickleAmong, WEIGHTS, WEIGHTS_INDEX } from "./files.ts";
import { listTensors, type TensorDType, type TensorEntry } from "./safetensors.ts";
import { isFile, readJson } from "./settingsFiles.ts";
import { remedyFor, strangerIn } from "./strangers.ts";

/** Tensors that old versions of transformers saved although they hold only 0, 1, 2, ... */
const HARMLESS = /(^|\.)position_ids$/;

/** Finds every tensor of `shapes` in model.safetensors, or in the shards listed in its index. */
export async function locateTensors(folder: string, shapes: ReadonlyMap<string, Shape>): Promise<Map<string, TensorEntry>> {
  const found = new Map<string, TensorEntry>();
  for (const file of await weightFiles(folder)) {
    for (const [name, entry] of await listTensors(file)) {
      const other = found.get(name);
      if (other) throw twice(folder, name, other.file, file);
      found.set(name, entry);
    }
  }
  const expected = withScales(shapes, found);
  checkTensors(folder, expected, found);
  return new Map([...expected.keys()].map((name) => [name, entryOf(found, name)]));
}

function twice(folder: string, name: string, one: string, other: string): ClipError {
  return new ClipError(
    "PICKAPIC_CLIP_TENSORS_WRONG",
    folder,
    `expected each tensor in one file; ${name} is in ${basename(one)} and in ${basename(other)}`,
  );
}

/** What a tensor of a file must be: exactly this shape, and one of these dtypes. */
export interface Expected {
  readonly shape: Shape;
  readonly dtypes: readonly TensorDType[];
}

const WEIGHT_DTYPES: readonly TensorDType[] = ["F32", "F16", "BF16"];

/** Returns what each tensor should be: floats, or integers with scales where the file has integers. */
function withScales(shapes: ReadonlyMap<string, Shape>, found: ReadonlyMap<string, TensorEntry>): Map<string, Expected> {
  const expected = new Map<string, Expected>();
  for (const [name, shape] of shapes) {
    const form = found.get(name)?.dtype === "I8" ? quantizedForm(name) : null;
    if (!form) expected.set(name, { shape, dtypes: WEIGHT_DTYPES });
    else {
      expected.set(name, { shape: quantizedShape(form, shape), dtypes: ["I8"] });
      expected.set(scaleName(name), { shape: [itemAt(shape, 0)], dtypes: ["F32"] });
    }
  }
  return expected;
}

async function weightFiles(folder: string): Promise<string[]> {
  if (await isFile(join(folder, WEIGHTS))) return [join(folder, WEIGHTS)];
  const index = join(folder, WEIGHTS_INDEX);
  if (await isFile(index)) return shardsOf(folder, index);
  const pickle = pickleAmong(await readdir(folder));
  if (pickle !== undefined) {
    throw new ClipError(
      "PICKAPIC_CLIP_PICKLE_REFUSED",
      folder,
      pickle,
      ": save it as model.safetensors in Python first (model.save_pretrained)",
    );
  }
  throw new ClipError(
    "PICKAPIC_CLIP_FILE_MISSING",
    folder,
    "model.safetensors in it",
    `there is none${await strangerIn(folder)}`,
  );
}

async function shardsOf(folder: string, index: string): Promise<string[]> {
  const unreadable = (came: string) =>
    new ClipError("PICKAPIC_CLIP_FILE_UNREADABLE", index, "a weight_map from tensor names to files in this folder", came);
  const parsed = z.object({ weight_map: z.record(z.string(), z.string()) }).safeParse(await readJson(index));
  if (!parsed.success) throw unreadable("it has none: fetch the model again");
  const { weight_map } = parsed.data;
  for (const [tensor, name] of Object.entries(weight_map)) {
    if (isFileName(name)) continue;
    throw unreadable(
      `${tensor} is said to be in ${JSON.stringify(name)}, which is no file in it: do not trust where the model is from`,
    );
  }
  return [...new Set(Object.values(weight_map))].map((name) => join(folder, name));
}

/** Whether a name is a plain file name, which cannot lead out of its folder. */
const isFileName = (name: string): boolean => /^[^/\\]+$/.test(name) && ![".", ".."].includes(name) && !name.includes("\0");

/**
 * Checks that a folder has exactly the expected tensors, each with its shape and one of its dtypes.
 * @param config the file that says which tensors are expected, for the message
 * @throws ClipError PICKAPIC_CLIP_TENSORS_WRONG. Where the weights are of a known other kind, it names that kind and says what to
 * do; otherwise it names the tensors that are missing, unknown, or of another shape or dtype
 */
export function checkTensors(
  folder: string,
  shapes: ReadonlyMap<string, Expected>,
  found: ReadonlyMap<string, TensorEntry>,
  config = "config.json",
): void {
  const missing = [...shapes.keys()].filter((name) => !found.has(name));
  const unknown = [...found.keys()].filter((name) => !shapes.has(name) && !HARMLESS.test(name));
  const wrong = [...shapes].flatMap(([name, { shape, dtypes }]) => {
    const entry = found.get(name);
    if (!entry) return [];
    if (!dtypes.includes(entry.dtype)) return [`${name} is ${entry.dtype}, expected ${dtypes.join(" or ")}`];
    return `${entry.shape}` === `${shape}` ? [] : [`${name} is [${entry.shape}], expected [${shape}]`];
  });
  const faults = [
    missing.length > 0 ? `missing: ${few(missing)}` : "",
    unknown.length > 0 ? `not part of a CLIP: ${few(unknown)}` : "",
    wrong.length > 0 ? `wrong: ${few(wrong)}` : "",
  ].filter((fault) => fault !== "");
  if (faults.length > 0)
    throw new ClipError(
      "PICKAPIC_CLIP_TENSORS_WRONG",
      folder,
      `its weights do not fit its ${config}: ${remedyFor([...found]) ?? faults.join("; ")}`,
    );
}
