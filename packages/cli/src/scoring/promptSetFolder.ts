/** @file Opens a prompt set on disk: a folder with a file of prompts and a folder of images for each configuration. */
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { OwnPromptSet } from "@pickapic/experiments/measure";
import { CliError } from "../errors.ts";
import { type PromptedImages, promptedImages } from "./releasePairs.ts";

/** Names of the file of prompts, the first that is there. */
const PROMPT_FILES = ["prompts.txt", "prompts.csv", "prompts.tsv", "prompts.jsonl", "prompts.json", "prompts.parquet"];

/** Fewer configurations have no order worth comparing: with two, chance alone agrees half of the time. */
const FEWEST_CONFIGURATIONS = 3;

/** Prompt sets of the same configurations. */
export interface OpenedSets {
  configurations: string[];
  sets: OwnPromptSet[];
  /** Sentences about what had to be guessed of the files of prompts. */
  notes: string[];
}

/**
 * Opens the sets. Each folder in the first set is a configuration; the others must have the same ones.
 * @throws CliError PICKAPIC_CLI_FILE_MISSING, PICKAPIC_USAGE_ARGUMENT; and as `promptedImages` does
 */
export async function openPromptSets(folders: readonly string[]): Promise<OpenedSets> {
  const [first = "", ...others] = folders;
  const configurations = await configurationsIn(first);
  for (const folder of others) {
    const own = await configurationsIn(folder);
    if (own.join() !== configurations.join())
      throw usage(`${folder}: expected the folders of ${first} (${configurations.join(", ")}); it has ${own.join(", ")}.`);
  }
  const sets: OwnPromptSet[] = [];
  const notes: string[] = [];
  for (const folder of folders) {
    const { notes: guessed, ...set } = await openSet(folder, configurations);
    sets.push(set);
    notes.push(...guessed);
  }
  return { configurations, sets, notes };
}

async function openSet(folder: string, configurations: readonly string[]): Promise<OwnPromptSet & Pick<PromptedImages, "notes">> {
  const names = await namesIn(folder);
  const file = PROMPT_FILES.find((name) => names.some((each) => each.name === name));
  if (file === undefined) throw usage(`${folder}: expected a file of prompts, one of ${PROMPT_FILES.join(", ")}; there is none.`);
  const paths = configurations.map((name) => join(folder, name));
  return { name: basename(resolve(folder)), ...(await promptedImages(join(folder, file), paths, folder)) };
}

async function configurationsIn(folder: string): Promise<string[]> {
  const names = (await namesIn(folder)).filter((each) => each.isDirectory() && !each.name.startsWith("."));
  if (names.length < FEWEST_CONFIGURATIONS)
    throw usage(
      `${folder}: expected a folder of images for each of ${FEWEST_CONFIGURATIONS} configurations or more; found ${names.length}.`,
    );
  return names.map(({ name }) => name).sort();
}

const namesIn = (folder: string) =>
  readdir(folder, { withFileTypes: true }).catch(() => {
    throw new CliError("PICKAPIC_CLI_FILE_MISSING", folder);
  });

const usage = (text: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", text);
