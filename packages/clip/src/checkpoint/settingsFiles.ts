/** @file The small files of a checkpoint folder: its JSON files, tokenizer and processor. */

import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { refusalOf } from "@pickapic/errors";
import { ClipError } from "../errors.ts";
import type { TextConfig } from "../model/config.ts";
import { outputSize, type Processor, parseProcessor } from "../pixels/processor.ts";
import { type ClipTokenizer, openTokenizer } from "../tokenizer/tokenizer.ts";
import { TOKENIZER_FILES } from "./files.ts";
import { strangerIn, strangerOf } from "./strangers.ts";

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
export async function readProcessor(folder: string, side: number): Promise<Processor> {
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
    const what = isMissing ? `is not there${await strangerIn(dirname(file))}` : `cannot be read (${refusalOf(error)})`;
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

/** Whether there is a file at this path, directly or through a link; false for a folder, and for a path that cannot be read. */
export async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => null))?.isFile() ?? false;
}
