/** @file A CLIP checkpoint: a folder in Hugging Face layout, which Python's transformers reads and writes too. */
import { mkdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { writeWholeFile } from "@pickapic/disk";
import { entryOf } from "@pickapic/errors";
import { ClipError, few } from "../errors.ts";
import { type ClipConfig, clipConfigJson, parseClipConfig } from "../model/config.ts";
import { type Parameters, parameterShapes } from "../model/parameters.ts";
import { dequantize, quantizedForm, scaleName } from "../model/quantize.ts";
import { type Processor, processorJson } from "../pixels/processor.ts";
import type { ClipTokenizer, TokenizerFiles } from "../tokenizer/tokenizer.ts";
import { WEIGHTS } from "./files.ts";
import type { TensorEntry } from "./safetensors.ts";
import { readJson, readProcessor, readTokenizer } from "./settingsFiles.ts";
import { checkFinite, readBytes, readTensor } from "./tensorValues.ts";
import { locateTensors } from "./weightFiles.ts";
import { writeSafetensors } from "./writeSafetensors.ts";

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

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => null);
  if (found?.isDirectory()) return;
  throw new ClipError("PICKAPIC_CLIP_FOLDER_MISSING", folder, found !== null);
}

/** Settings that transformers refuses without a decimal point. */
const FLOATS = /"(initializer_factor|initializer_range|layer_norm_eps|logit_scale_init_value|rescale_factor)": (\d+)(?=[,\s])/g;

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2).replace(FLOATS, '"$1": $2.0')}\n`;
}
