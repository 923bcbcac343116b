/** @file Opens what is to be scored: images on the command line under one prompt, or the rows of a table. */
import type { PassedOver, PictureListing } from "@pickapic/pictures/folder";
import { CliError } from "../errors.ts";
import { findImages } from "../images.ts";
import type { CarriedColumn } from "./carried.ts";
import { openTable, type TableImage } from "./tables.ts";

/** What is to be scored, opened and checked. Pictures are read only when `rows` is iterated. */
export interface Source {
  /** The one prompt of all images, which are then compared with each other. Null for a table, where the images of a row are compared. */
  readonly prompt: string | null;
  /** Number of images, as far as it is known. */
  readonly total: number;
  /** Columns of the table that are carried over into the output. */
  readonly carried: readonly CarriedColumn[];
  /** Names of columns that are not carried over because they hold bytes. */
  readonly leftOut: readonly string[];
  /** Sentences about what was guessed, such as the encoding of the table. */
  readonly notes: readonly string[];
  /** Counts of files in folders and patterns that are no pictures. */
  readonly passedOver: PassedOver;
  /** Folders and files that cannot be read, such as "photos/x (EACCES)". */
  readonly unreadable: readonly string[];
  /** Yields sets of images that are compared with each other. */
  rows(): AsyncIterable<TableImage[]> | Iterable<TableImage[]>;
}

/** The options of the command line that say what to score. */
export interface SourceOptions {
  readonly prompt?: string;
  readonly input?: string;
  readonly promptColumn?: string;
  readonly imageColumn?: readonly string[];
  /** True to carry the other columns of the table over into the output. */
  readonly carry: boolean;
}

/**
 * Opens the images that the command line names.
 * @param words files, folders and patterns
 * @throws CliError PICKAPIC_USAGE_ARGUMENT, and the errors of `findImages` and `openTable`
 */
export async function openSource(words: readonly string[], options: SourceOptions, signal?: AbortSignal): Promise<Source> {
  const { prompt, input } = options;
  if (prompt !== undefined && prompt.trim() === "") throw usage("--prompt: expected a few words, got none.");
  if (input !== undefined) {
    if (words.length > 0) throw usage(`--input: the images stand in the table; leave out ${words[0]}, or leave out --input.`);
    const { promptColumn = null, imageColumn = null, carry } = options;
    const columns = { prompt: promptColumn, images: imageColumn, fixedPrompt: prompt ?? null, carry };
    return { ...(await openTable(input, columns, signal)), ...NOTHING_LEFT, prompt: null };
  }
  const column = options.promptColumn !== undefined ? "--prompt-column" : options.imageColumn && "--image-column";
  if (column) throw usage(`${column}: it names a column of a table, and there is none; name the table with --input.`);
  if (prompt === undefined)
    throw usage("--prompt: expected what the images should show (a table of prompts and images comes with --input).");
  if (words.length === 0) throw usage("images: expected image files, folders or patterns, or a table with --input; got none.");
  return setOf(prompt, await findImages(words));
}

/** A table passes nothing over: every row is in the output. */
const NOTHING_LEFT = { passedOver: { files: 0, kinds: {} }, unreadable: [] };

function setOf(prompt: string, { files, passedOver, unreadable }: PictureListing): Source {
  const images = () => files.map((name, i): TableImage => ({ row: i + 1, prompt, name, image: name, carried: {} }));
  return { total: files.length, prompt, carried: [], leftOut: [], notes: [], passedOver, unreadable, rows: () => [images()] };
}

const usage = (text: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", text);
