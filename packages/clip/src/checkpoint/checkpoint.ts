/** @file A CLIP checkpoint: a folder in Hugging Face layout, which Python's transformers reads and writes too. */

import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import { entryOf, itemAt } from "@pickapic/errors";
import { z } from "zod";
import { ClipError, few } from "../errors.ts";
import { type ClipConfig, clipConfigJson, parseClipConfig, type TextConfig } from "../model/config.ts";
import { type Parameters, parameterShapes, type Shape } from "../model/parameters.ts";
import { dequantize, quantizedForm, quantizedShape, scaleName } from "../model/quantize.ts";
import { outputSize, type Processor, parseProcessor, processorJson } from "../pixels/processor.ts";
import { type ClipTokenizer, openTokenizer, type TokenizerFiles } from "../tokenizer/tokenizer.ts";
import { pickleAmong, TOKENIZER_FILES, WEIGHTS, WEIGHTS_INDEX } from "./files.ts";
import {
  checkFinite,
  listTensors,
  readBytes,
  readTensor,
  type TensorDType,
  type TensorEntry,
  writeSafetensors,
} from "./safetensors.ts";
import { remedyFor, strangerIn, strangerOf } from "./strangers.ts";

/** An opened checkpoint. Its weights stay on the disk until `read` or `readAll` asks for them. */
export interface Checkpoint {
  readonly folder: string;
  readonly config: ClipConfig;
  /** Where each tensor of `parameterShapes(config)` is stored; for 8-bit weights also their scales. */
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly tokenizer: ClipTokenizer;
  readonly processor: Processor;
  /** Reads one tensor of `parameterShapes(config)` as float32. */
  read(name: string): Promise<Float32Array>;
  /** Reads all of these as float32, each into a new array. @throws ClipError PICKAPIC_CLIP_WEIGHTS_NOT_FINITE */
  readAll(): Promise<Parameters>;
}

/** Everything that a checkpoint folder is written from: settings, weights by their Hugging Face name, tokenizer and processor. */
export interface CheckpointContents {
  readonly config: ClipConfig;
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly tokenizerFiles: TokenizerFiles;
  readonly processor: Processor;
}

/** Tensors that old versions of transformers saved although they hold only 0, 1, 2, ... */
const HARMLESS = /(^|\.)position_ids$/;

/**
 * Opens a checkpoint folder: checks config, names, shapes and layout of every tensor, without reading the weights.
 * @param options.processorFolder folder of tokenizer and preprocessor_config.json, if not that of the weights (as for
 * PickScore_v1)
 * @throws ClipError, naming the file and what is wrong with it
 */
export async function openCheckpoint(folder: string, options: { processorFolder?: string } = {}): Promise<Checkpoint> {
  const from = options.processorFolder ?? folder;
  for (const each of [folder, from]) await checkFolder(each);
  const config = parseClipConfig(await readJson(join(folder, "config.json")), join(folder, "config.json"));
  const tensors = await locateTensors(folder, parameterShapes(config));
  return {
    folder,
    config,
    tensors,
    tokenizer: await readTokenizer(from, config.text),
    processor: await readProcessor(from, config.vision.imageSize),
    read: (name) => readFloats(name, tensors),
    async readAll() {
      const parameters: Parameters = new Map();
      for (const name of parameterShapes(config).keys()) {
        const data = await readFloats(name, tensors);
        checkFinite(folder, name, data);
        parameters.set(name, data);
      }
      return parameters;
    },
  };
}

/**
 * Writes a folder that transformers' CLIPModel, CLIPTokenizer and CLIPImageProcessor load. Each file is whole or absent; the
 * weights come first.
 * @throws Error when `parameters` are not exactly those of `config`
 */
export async function saveCheckpoint(folder: string, contents: CheckpointContents): Promise<void> {
  const { config, parameters, tokenizerFiles, processor } = contents;
  const shapes = parameterShapes(config);
  const unknown = [...parameters.keys()].filter((name) => !shapes.has(name));
  const missing = [...shapes.keys()].filter((name) => !parameters.has(name));
  if (unknown.length + missing.length > 0)
    throw new Error(`saveCheckpoint: missing parameters [${few(missing)}], unknown [${few(unknown)}]`);
  const tensors = new Map([...shapes].map(([name, shape]) => [name, { shape, data: entryOf(parameters, name) }]));
  await mkdir(folder, { recursive: true });
  await writeSafetensors(join(folder, WEIGHTS), tensors);
  await saveSettings(folder, { config, tokenizerFiles, processor });
}

/**
 * Writes all files of a checkpoint except its weights.
 * @param dtype the dtype in which transformers shall load the weights
 */
export async function saveSettings(
  folder: string,
  { config, tokenizerFiles, processor }: Omit<CheckpointContents, "parameters">,
  dtype = "float32",
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeWholeFile(join(folder, "preprocessor_config.json"), json(processorJson(processor)));
  for (const [name, text] of tokenizerFiles) await writeWholeFile(join(folder, name), text);
  await writeWholeFile(join(folder, "config.json"), json({ ...clipConfigJson(config), dtype }));
}

/** Reads a tensor as float32; integers are multiplied by their scales. */
async function readFloats(name: string, tensors: ReadonlyMap<string, TensorEntry>): Promise<Float32Array> {
  const entry = tensors.get(name);
  if (!entry) throw new Error(`Checkpoint.read: ${name} is not a tensor of a CLIP`);
  const form = entry.dtype === "I8" ? quantizedForm(name) : null;
  if (form === null) return readTensor(name, entry);
  const scales = await readTensor(scaleName(name), entryOf(tensors, scaleName(name)));
  return dequantize(form, { values: new Int8Array((await readBytes(entry)).buffer), scales });
}

/** Finds every tensor of `shapes` in model.safetensors, or in the shards listed in its index. */
async function locateTensors(folder: string, shapes: ReadonlyMap<string, Shape>): Promise<Map<string, TensorEntry>> {
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

/**
 * Opens the tokenizer of a checkpoint folder.
 * @throws ClipError PICKAPIC_CLIP_FILE_MISSING, PICKAPIC_CLIP_TOKENIZER_BROKEN
 */
export async function readTokenizer(folder: string, { maxPositions, vocabSize }: TextConfig): Promise<ClipTokenizer> {
  const files = new Map<string, string>();
  for (const name of TOKENIZER_FILES) {
    const text = await readFile(join(folder, name), "utf8").catch(() => null);
    if (text !== null) files.set(name, text);
  }
  if (!files.has("tokenizer.json") && !files.has("vocab.json")) {
    throw new ClipError(
      "PICKAPIC_CLIP_FILE_MISSING",
      folder,
      "tokenizer.json, or vocab.json and merges.txt",
      "there is neither: name the model that this one was trained from as the processor, or copy them from there",
    );
  }
  return openTokenizer(files, maxPositions, folder, vocabSize);
}

/** Reads preprocessor_config.json, or the section of processor_config.json that newer versions of transformers write instead. */
async function readProcessor(folder: string, side: number): Promise<Processor> {
  const own = join(folder, "preprocessor_config.json");
  const joint = join(folder, "processor_config.json");
  const isJoint = !(await isFile(own)) && (await isFile(joint));
  if (!isJoint && !(await isFile(own))) {
    throw new ClipError(
      "PICKAPIC_CLIP_FILE_MISSING",
      folder,
      "preprocessor_config.json",
      "it is not there: name the model that this one was trained from as the processor, or copy it from there",
    );
  }
  const file = isJoint ? joint : own;
  const json = await readJson(file);
  const processor = parseProcessor(isJoint ? sectionOf(json, "image_processor") : json, file);
  checkSize(processor, side, file);
  return processor;
}

/** A section of a JSON object; undefined when it is absent. */
const sectionOf = (json: object, name: string): unknown => new Map<string, unknown>(Object.entries(json)).get(name);

function checkSize(processor: Processor, side: number, file: string): void {
  const size = outputSize(processor);
  if (size?.height === side && size.width === side) return;
  const came = size ? `${size.width} x ${size.height}` : "whatever size the picture has";
  throw new ClipError(
    "PICKAPIC_CLIP_PROCESSOR_UNSUPPORTED",
    file,
    `expected pictures of ${side} x ${side}, as the model takes them; it makes ${came}`,
  );
}

/** Reads an object or a list from a JSON file. @throws ClipError PICKAPIC_CLIP_FILE_MISSING, PICKAPIC_CLIP_FILE_UNREADABLE */
export async function readJson(file: string): Promise<object> {
  const bytes = await readFile(file).catch(async (error: NodeJS.ErrnoException) => {
    const isMissing = error.code === "ENOENT";
    const what = isMissing ? `is not there${await strangerIn(dirname(file))}` : `cannot be read (${error.code})`;
    const code = isMissing ? "PICKAPIC_CLIP_FILE_MISSING" : "PICKAPIC_CLIP_FILE_UNREADABLE";
    throw new ClipError(code, file, "a JSON file", `it ${what}`);
  });
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Gets the same error as a file that holds a bare number.
  }
  const stranger = strangerOf(bytes);
  throw new ClipError("PICKAPIC_CLIP_FILE_UNREADABLE", file, "a JSON object", stranger ?? "it is not one");
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return;
  throw new ClipError("PICKAPIC_CLIP_FOLDER_MISSING", folder, found !== null);
}

/** Whether there is a file at this path, directly or through a link; false for a folder, and for a path that cannot be read. */
export async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() ?? false;
}

/** Settings that transformers refuses without a decimal point. */
const FLOATS = /"(initializer_factor|initializer_range|layer_norm_eps|logit_scale_init_value|rescale_factor)": (\d+)(?=[,\s])/g;

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replace(FLOATS, '"$1": $2.0')}\n`;
}
