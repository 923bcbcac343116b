/** @file What is to be scored: images that were named, under one prompt, or the rows of a table. */
import type { PassedOver, PictureListing } from "@pickapic/pictures/folder";
import { CliError } from "../errors.ts";
import { findImages } from "../images.ts";
import type { CarriedColumn } from "./carried.ts";
import { openTable, type TableImage } from "./tables.ts";

export interface Source {
  /** The prompt of all images, which then stand against each other; null: a table, where those of a row do. */
  readonly prompt: string | null;
  /** Images, as far as that is known. */
  readonly total: number;
  /** Columns of the table that come out again. */
  readonly carried: readonly CarriedColumn[];
  /** Columns that do not, since they hold bytes. */
  readonly leftOut: readonly string[];
  /** Sentences about what was guessed. */
  readonly notes: readonly string[];
  /** Files of folders and patterns that are no pictures. */
  readonly passedOver: PassedOver;
  /** Folders and files that cannot be read: "photos/x (EACCES)". */
  readonly unreadable: readonly string[];
  /** Images that belong together, one such set after the other. */
  rows(): AsyncIterable<TableImage[]> | Iterable<TableImage[]>;
}

/** What the command line says about it. */
export interface SourceOptions {
  readonly prompt?: string;
  readonly input?: string;
  readonly promptColumn?: string;
  readonly imageColumn?: readonly string[];
  /** Whether the other columns of the table are written, too. */
  readonly carry: boolean;
}

/** @throws CliError PICKAPIC_USAGE_ARGUMENT, and those of `findImages` and `openTable` */
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

/** Of a table every row is told. */
const NOTHING_LEFT = { passedOver: { files: 0, kinds: {} }, unreadable: [] };

function setOf(prompt: string, { files, passedOver, unreadable }: PictureListing): Source {
  const images = () => files.map((name, i): TableImage => ({ row: i + 1, prompt, name, image: name, carried: {} }));
  return { total: files.length, prompt, carried: [], leftOut: [], notes: [], passedOver, unreadable, rows: () => [images()] };
}

const usage = (text: string) => new CliError("PICKAPIC_USAGE_ARGUMENT", text);
