/** @file The results of the benchmark `peers` as rows, each with the required and the measured value. */
import { itemAt } from "../../packages/errors/src/index.ts";
import type { Spread } from "./measure.ts";

export interface Row {
  /** The key in JSON. */
  readonly name: string;
  readonly what: string;
  /** The required value, in words. */
  readonly asked: string;
  readonly measured: number;
  readonly unit: "x" | "s" | "GiB" | "%" | "of the gradient's length";
  /** Whether `measured` meets the required value; null when there is none. */
  readonly holds: boolean | null;
  /** Spread over the rounds. */
  readonly spread?: Spread;
  readonly note?: string;
}

/** Options and output that all parts share. */
export interface Surroundings {
  readonly threads: number;
  /** The number of rounds. */
  readonly rounds: number;
  /** Writes on stderr what is being measured. */
  say(what: string): void;
}

/** A row for a ratio over all rounds. @param least the required ratio; null when there is none */
export function ratioRow(name: string, what: string, spread: Spread, least: number | null, note?: string): Row {
  const { median: measured } = spread;
  const holds = least === null ? null : measured >= least;
  const asked = least === null ? "no figure" : `at least ${least} x`;
  return { name, what, asked, measured, unit: "x", holds, spread, ...(note && { note }) };
}

const digits = (value: number, unit: Row["unit"]): string =>
  unit === "of the gradient's length" ? value.toExponential(1) : `${value.toFixed(2)} ${unit}`;

/** The rows as a table for people. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, asked, measured, unit, holds, spread, note = "" }) => {
    const range = spread ? `${spread.least.toFixed(2)} ... ${spread.most.toFixed(2)}` : "";
    return [what, asked, digits(measured, unit), range, holds === null ? "" : holds ? "yes" : "NO", note];
  });
  const lines = [["what", "asked", "measured", "spread", "holds", ""], ...cells];
  const widths = itemAt(lines, 0).map((_, i) => Math.max(...lines.map((line) => itemAt(line, i).length)));
  return lines
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(itemAt(widths, i)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The rows as an object for JSON, by name. */
export const json = (rows: readonly Row[]): Record<string, Omit<Row, "name">> =>
  Object.fromEntries(rows.map(({ name, ...row }) => [name, row]));
