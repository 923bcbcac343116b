/** @file The options that every command for writing a dataset has, and the table that each prints at its end. */
import type { DatasetSummary, LimitedRankings } from "@pickapic/dataset";
import type { LeftOut } from "@pickapic/server/store";
import { type Command, Option } from "commander";
import { type Context, note, result } from "../context.ts";
import { decimal, JSON_RESULT, seed, whole } from "../options.ts";
import { table } from "../table.ts";

/** The option of every command that reports. */
export interface JsonOption {
  json?: boolean;
}

/** The help of --force for commands that write a dataset. */
const FORCE = "replace a dataset that stands in the folder already";

/** The option of every command that reads a table of pairs. */
export function firstNumberOption(): Option {
  return new Option(
    "--first-number <n>",
    "the number in choice that means the first image (default: what the table tells)",
  ).choices(["0", "1"]);
}

/** The setting of the reader of tables that --first-number stands for: none when the option was not given. */
export function firstNumberSetting(option: "0" | "1" | undefined): { firstNumber?: 0 | 1 } {
  return option === undefined ? {} : { firstNumber: option === "0" ? 0 : 1 };
}

/** What a stopped command says that writes a dataset in one go. */
export const NOT_HALF_WRITTEN = "No dataset was left half-written: run the command again.";

/** What `splitOptions` adds. */
export interface SplitOptions extends JsonOption {
  seed: number;
  name: string;
  release?: number;
  license?: string;
  heldOutPrompts: number;
  heldOutShare: number;
  nearDuplicates: number;
  disjointPeople?: boolean;
  force?: boolean;
}

/** Adds the options of every command that writes a dataset. */
export function splitOptions(command: Command, name: string): Command {
  return command
    .option("--seed <n>", "same choices and seed, same splits", seed, 0)
    .option("--name <title>", "title of the dataset card", name)
    .option(
      "--release <n>",
      "number of the release (default: 1, or one more than the dataset that --force replaces by another)",
      whole(1),
    )
    .option("--license <id>", "the licence of the dataset as Hugging Face spells it, such as cc-by-4.0 (paper: mit), or none")
    .option("--held-out-prompts <n>", "largest number of prompts for validation and test together (paper: 1000)", whole(0), 1000)
    .option(
      "--held-out-share <share>",
      "largest share of the prompts for validation and test together, 0 to 1",
      decimal(0, 1),
      0.2,
    )
    .option(
      "--near-duplicates <jaccard>",
      "prompts that are as alike as this stay in one split (1.01: only those that are equal but for case, spaces and Unicode form)",
      decimal(0.5, 2),
      0.9,
    )
    .option("--disjoint-people", "nobody's rankings are in two of train, validation and test")
    .option("--force", FORCE)
    .option(...JSON_RESULT);
}

/** What a command has written, and what it left out. */
export type Report = DatasetSummary & { readonly skipped?: number; readonly leftOut?: Partial<LeftOut> & LimitedRankings };

/** Prints the size of each split and where it was written, then what the person should know about it. */
export function report(context: Context, options: JsonOption, summary: Report): void {
  const rows = Object.entries(summary.splits).map(([split, { rows, prompts, shards, bytes }]) => [
    split,
    `${rows}`,
    `${prompts}`,
    `${shards}`,
    size(bytes),
  ]);
  const heads = ["rankings", "prompts", "shards", "size"].map((head) => ({ head, align: "right" }) as const);
  result(
    context,
    options.json,
    summary,
    () =>
      `${table(context.stdout, [{ head: "split" }, ...heads], rows)}\nRelease ${summary.release}, written to ${summary.folder}`,
  );
  for (const warning of summary.warnings) note(context, warning);
}

/** A size as people read it: "12.3 MB". */
export function size(bytes: number): string {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
