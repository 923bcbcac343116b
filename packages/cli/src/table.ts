/** @file Writes tables for a terminal: aligned columns, with a line under the heads. */
import { styleText } from "node:util";
import stringWidth from "string-width";
import type { Output } from "./context.ts";

/** A column of a table for a terminal. Blanks and line breaks in its cells become one blank. */
export interface Column {
  head: string;
  /** Default "left". Numbers are aligned to the right. */
  align?: "left" | "right";
  /** Largest width in characters. Longer cells are cut, with an ellipsis. */
  max?: number;
}

/** A style that `util.styleText` knows. */
type Style = Parameters<typeof styleText>[0];

/** Returns the text in a style, or unchanged if the output is no terminal or NO_COLOR is set. */
export function paint(output: Output, style: Style, text: string): string {
  if (!output.isTTY || process.env.NO_COLOR) return text;
  return styleText(style, text, { validateStream: false });
}

/** Returns rows of cells below their heads. Wide characters (emoji, CJK) count as two, escape codes as none. */
export function table(output: Output, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const cells = rows.map((row) => columns.map((column, i) => cut(row[i] ?? "", column.max ?? Infinity)));
  const widths = columns.map((column, i) => Math.max(stringWidth(column.head), ...cells.map((row) => stringWidth(row[i] ?? ""))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => pad(cell, widths[i] ?? 0, columns[i]?.align ?? "left"))
      .join("  ")
      .trimEnd();
  const head = paint(output, "bold", line(columns.map((column) => column.head)));
  const rule = paint(output, "dim", widths.map((width) => "─".repeat(width)).join("  "));
  return [head, rule, ...cells.map(line)].map((text) => `${text}\n`).join("");
}

function pad(cell: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - stringWidth(cell)));
  return align === "right" ? space + cell : cell + space;
}

function cut(cell: string, max: number): string {
  const line = cell.replace(/\s+/g, " ");
  if (stringWidth(line) <= max) return line;
  let kept = "";
  for (const character of line) {
    if (stringWidth(kept + character) > max - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
