/** @file What a written format is: samples in, files out. */

import type { OWN_SPLITS, PreferenceRow } from "../row.ts";
import type { ExportFolder } from "./exportFolder.ts";
import type { Ties } from "./names.ts";

/** A row to write: a ranking, with who won. */
export interface Sample {
  /** Number of the sample in its split, from 1. */
  readonly number: number;
  readonly row: PreferenceRow;
  /** Of a tie that is split, first image 0 wins and then image 1. */
  readonly winner: 0 | 1 | "tie";
}

/** A split that is written: one that repeats no row of another one. */
export type WrittenSplit = (typeof OWN_SPLITS)[number];

/** Writes the samples of one export, in order, into the folder that it was opened with. */
export interface FormatWriter {
  add(split: WrittenSplit, sample: Sample): Promise<void>;
  finish(): Promise<void>;
  /** Closes what is open after a failure. */
  abandon(): Promise<void>;
}

/** A format that trainers take. */
export interface WrittenFormat {
  /** Whether it is nothing without pictures. */
  readonly needsImages: boolean;
  /** What may become of ties; the first one is the default. */
  readonly ties: readonly [Ties, ...Ties[]];
  /** Lines of the README about the files and how a trainer reads them. */
  readonly about: string;
  open(folder: ExportFolder, images: boolean): FormatWriter;
}
