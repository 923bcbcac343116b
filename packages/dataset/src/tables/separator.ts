/** @file Finds the separator of a table, and where its head begins. */

import { extname } from "node:path";
import { unpackedName } from "./bytes.ts";

/** Where the head of a table begins, and its separator. */
export interface Start {
  readonly separator: string;
  /** Characters before the head: Excel's line `sep=;`, or nothing. */
  readonly skipped: number;
}

/** Excel's line above the head, with the separator as its only other character. Programs that quote every line quote it too. */
const SEP_LINE = /^\s*(?:sep=(.)|"sep=(.)")[^\S\n]*(?:\n|$)/i;

const SEPARATORS = [",", ";", "\t", "|"];

/**
 * Reads the beginning of a table. The separator is the one that a line `sep=` names; else comma, semicolon, tab or pipe,
 * whichever the head has most of outside quotes. In a .tsv file it is a tab, however few there are.
 * @param text the first characters, with each line end as a line feed
 */
export function startOf(text: string, file: string): Start {
  const [line, bare, quoted] = SEP_LINE.exec(text) ?? [];
  const named = bare ?? quoted;
  if (line !== undefined && named !== undefined) return { separator: named, skipped: line.length };
  const head = text
    .replaceAll(/"[^"]*"/g, "x")
    .split("\n")
    .find((each) => each.trim() !== "");
  const count = (separator: string) => (head ?? "").split(separator).length;
  if (extname(unpackedName(file)).toLowerCase() === ".tsv" && count("\t") > 1) return { separator: "\t", skipped: 0 };
  return { separator: SEPARATORS.reduce((best, each) => (count(each) > count(best) ? each : best)), skipped: 0 };
}
