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

/**
 * Returns rows of cells below their heads. Wide characters (emoji, CJK) count as two, escape codes as none. A column without a head and without cells is left
 * out. A table that is wider than the terminal is divided into several tables below each other, each of which begins with the first column. Columns without
 * a head hold remarks; if they do not fit, they are printed as lines, one for each row that has a remark. In a pipe a table may be of any width.
 */
export function table(output: Output, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const filled = columns.flatMap((column, i): Filled[] => {
    const cells = rows.map((row) => cut(row[i] ?? "", column.max ?? Infinity));
    const width = Math.max(stringWidth(column.head), ...cells.map((cell) => stringWidth(cell)));
    return width === 0 ? [] : [{ ...column, cells, width }];
  });
  const widest = output.isTTY ? (output.columns ?? Infinity) : Infinity;
  return besideEachOther(filled, widest)
    .map(([first, ...others], i) =>
      i > 0 && first && isRemarks(others)
        ? remarks(first, others)
        : oneTable(output, first ? [first, ...others] : [], rowsWithCells(others, rows.length, i)),
    )
    .join("\n");
}

/** A column with its cells, and the width of the widest of them in characters. */
interface Filled extends Column {
  readonly cells: readonly string[];
  readonly width: number;
}

/** Blanks between two columns. */
const GAP = 2;

/** Groups of columns that fit beside each other. Each begins with the first column and has at least one more, even if that is too wide. */
function besideEachOther([first, ...others]: readonly Filled[], widest: number): Filled[][] {
  if (!first) return [[]];
  const groups: Filled[][] = [[first]];
  let used = first.width;
  for (const column of others) {
    const group = groups.at(-1) ?? [];
    if (group.length > 1 && used + GAP + column.width > widest) {
      groups.push([first, column]);
      used = first.width + GAP + column.width;
    } else {
      group.push(column);
      used += GAP + column.width;
    }
  }
  return groups;
}

/** The indices of the rows of a table. In the second and later tables, rows are left out in which only the first column has a cell. */
function rowsWithCells(columns: readonly Filled[], rows: number, group: number): number[] {
  const all = Array.from({ length: rows }, (_, row) => row);
  return group === 0 ? all : all.filter((row) => columns.some(({ cells }) => cells[row] !== ""));
}

const isRemarks = (columns: readonly Filled[]): boolean => columns.every(({ head }) => head === "");

/** A line for each row that has something to say. */
function remarks(first: Filled, columns: readonly Filled[]): string {
  const lines = first.cells.map(
    (name, row) =>
      [
        name,
        columns
          .map(({ cells }) => cells[row] ?? "")
          .join(" ")
          .trim(),
      ] as const,
  );
  return lines.flatMap(([name, text]) => (text === "" ? [] : [`${name}: ${text}\n`])).join("");
}

function oneTable(output: Output, columns: readonly Filled[], rows: readonly number[]): string {
  const line = (cellOf: (column: Filled) => string) =>
    columns
      .map((column) => pad(cellOf(column), column.width, column.align ?? "left"))
      .join(" ".repeat(GAP))
      .trimEnd();
  const head = paint(
    output,
    "bold",
    line(({ head }) => head),
  );
  const rule = paint(
    output,
    "dim",
    line(({ width }) => "─".repeat(width)),
  );
  const cells = rows.map((row) => line((column) => column.cells[row] ?? ""));
  return [head, rule, ...cells].map((text) => `${text}\n`).join("");
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
