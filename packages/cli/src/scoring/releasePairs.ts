/** @file Finds the image of each prompt of a file in folders of images; of two folders, these are pairs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  byCanonical,
  Faults,
  firstOf,
  imageColumnsOf,
  openTableFile,
  PROMPT_NAMES,
  readTextLines,
  tableInvalid,
} from "@pickapic/dataset";
import type { ReleasePair } from "@pickapic/experiments/measure";
import { type PictureListing, passedOverText } from "@pickapic/pictures/folder";
import { CliError } from "../errors.ts";
import { findImages } from "../images.ts";

/** A line of a file of prompts; without a file name the images are taken in their order. */
interface PromptLine {
  readonly prompt: string;
  readonly file: string | null;
}

/**
 * Pairs images by a manifest with the columns prompt and file, where `file` names an image below both folders; or, without the column
 * `file` or from a .txt file with a prompt in each line, by the order of the file names, in which numbers count as numbers.
 * @throws CliError PICKAPIC_USAGE_ARGUMENT when the numbers of prompts and images differ; DatasetError for a manifest that cannot be
 * read or names files that are missing
 */
export async function releasePairs(folderA: string, folderB: string, promptsFile: string): Promise<ReleasePairs> {
  const { prompts, images, notes } = await promptedImages(promptsFile, [folderA, folderB], "--prompts");
  return { pairs: prompts.map((prompt, i) => ({ prompt, a: images[i]?.[0] ?? "", b: images[i]?.[1] ?? "" })), notes };
}

/** Pairs of images, and sentences about how the file of prompts was read. */
export interface ReleasePairs {
  readonly pairs: ReleasePair[];
  readonly notes: readonly string[];
}

/** Prompts, and the image of each prompt in each folder: [prompts][folders]. */
export interface PromptedImages {
  prompts: string[];
  images: string[][];
  /** Sentences about what had to be guessed of the file of prompts, such as its encoding. */
  notes: readonly string[];
}

/**
 * Finds the image of every prompt in every folder, as `releasePairs` does for two.
 * @param where what the user wrote the file after, for messages
 */
export async function promptedImages(file: string, folders: readonly string[], where: string): Promise<PromptedImages> {
  const { lines, notes } = await promptLines(file);
  if (lines.length === 0) throw usage(`${where}: ${file} has no prompt.`);
  const isOrdered = lines.every((line) => line.file === null);
  const images = isOrdered ? await byOrder(lines, folders, file, where) : byName(lines, folders, file);
  return { prompts: lines.map(({ prompt }) => prompt), images, notes };
}

/** The prompts of a file, and sentences about how it was read. */
interface PromptLines {
  readonly lines: readonly PromptLine[];
  readonly notes: readonly string[];
}

async function promptLines(file: string): Promise<PromptLines> {
  if (!/\.txt(\.gz)?$/i.test(file)) return manifestLines(file);
  const { lines, notes } = await readTextLines(file);
  return { lines: lines.filter((line) => line.trim() !== "").map((line) => ({ prompt: line.trim(), file: null })), notes };
}

async function manifestLines(file: string): Promise<PromptLines> {
  const table = await openTableFile(file);
  const lines: PromptLine[] = [];
  const faults = new Faults(file);
  for await (const { values, where, problem } of table.rows()) {
    if (problem !== null) {
      faults.add(where, problem);
      continue;
    }
    const names = byCanonical(Object.keys(values));
    const [prompt, [image]] = [firstOf(names, PROMPT_NAMES), imageColumnsOf(names)];
    if (prompt === undefined)
      throw tableInvalid(file, `expected the columns prompt and file; got ${Object.keys(values).join(", ")}`);
    const text = String(values[prompt] ?? "").trim();
    const path = image === undefined ? null : String(values[image] ?? "").trim();
    if (text === "") faults.add(where, "the prompt is empty");
    else if (path === "") faults.add(where, "the file is empty");
    else lines.push({ prompt: text, file: path });
  }
  faults.throwIfAny();
  return { lines, notes: table.notes };
}

function byName(lines: readonly PromptLine[], folders: readonly string[], promptsFile: string): string[][] {
  const faults = new Faults(promptsFile);
  const images = lines.map(({ file }) => folders.map((folder) => join(folder, file ?? "")));
  for (const [i, paths] of images.entries())
    for (const path of paths)
      if (!existsSync(path)) faults.add(`row ${i + 1}`, `there is no image ${path}`, "PICKAPIC_DATASET_IMAGE_MISSING");
  faults.throwIfAny();
  return images;
}

const NATURAL = new Intl.Collator("en", { numeric: true });

async function byOrder(
  lines: readonly PromptLine[],
  folders: readonly string[],
  promptsFile: string,
  where: string,
): Promise<string[][]> {
  const found = await Promise.all(folders.map(imagesIn));
  if (found.some(({ files }) => files.length !== lines.length)) {
    const counts = found.map(({ files, passedOver }, i) => {
      const others = passedOverText(passedOver);
      return `${folders[i]} has ${files.length}${others === null ? "" : ` (${others})`}`;
    });
    throw usage(
      `${where}: expected one image for each of the ${lines.length} prompts of ${promptsFile}; ${counts.join(" and ")}. Name the image of each prompt in a column file.`,
    );
  }
  return lines.map((_, i) => found.map(({ files }) => files[i] ?? ""));
}

async function imagesIn(folder: string): Promise<PictureListing> {
  const found = await findImages([folder]);
  return { ...found, files: found.files.toSorted(NATURAL.compare) };
}

const usage = (text: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", text);
