import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { paint, table } from "../src/table.ts";
import { openTerminal } from "./terminal.ts";

const plain = openTerminal().context.stdout;
const terminal = openTerminal({ tty: true }).context.stdout;

test("columns are aligned; wide characters count twice", () => {
  const text = table(
    plain,
    [{ head: "name" }, { head: "n", align: "right" }],
    [
      ["猫", "1"],
      ["apple", "10"],
    ],
  );
  expect(text.split("\n")).toEqual(["name    n", "─────  ──", "猫      1", "apple  10", ""]);
});

test("a syllable that is written as separate letters is as wide as one", () => {
  expect(table(plain, [{ head: "a" }, { head: "b" }], [["\u1112\u1161\u11ab", "x"]]).split("\n")[2]).toBe(
    "\u1112\u1161\u11ab  x",
  );
});

test("long cells are cut, and line breaks in them are blanks", () => {
  expect(table(plain, [{ head: "caption", max: 8 }], [["a\ncat on a mat"]])).toContain("a cat o…\n");
});

test("what is wider than the terminal comes in several tables, each with the first column; a pipe has no width", () => {
  const columns = ["judge", "Spearman", "Kendall", ""].map((head) => ({ head }));
  const rows = [["a", "0.50 (0.20 … 0.60)", "0.33 (0.00 … 0.50)", ""]];
  const beside = "judge  Spearman            Kendall\n─────  ──────────────────  ──────────────────\na      0.50 (0.20 … 0.60)  0.33 (0.00 … 0.50)\n";
  expect(table(plain, columns, rows)).toBe(beside);
  const atWidth = (width: number) => stripVTControlCharacters(table({ ...terminal, columns: width }, columns, rows));
  expect(atWidth(45)).toBe(beside);
  const below = "judge  Spearman\n─────  ──────────────────\na      0.50 (0.20 … 0.60)\n\njudge  Kendall\n─────  ──────────────────\na      0.33 (0.00 … 0.50)\n";
  expect([44, 10].map(atWidth)).toEqual([below, below]);
  const gaps = [["a", "0.50 (0.20 … 0.60)", "–", ""], ["experts", "0.9", "", ""]];
  const second = stripVTControlCharacters(table({ ...terminal, columns: 25 }, columns, gaps)).split("\n\n")[1];
  expect(second).toBe("judge    Kendall\n───────  ───────\na        –\n"); // A row of which nothing is left but its name is not repeated.
  const remarked = [["a", "0.50 (0.20 … 0.60)", "–", "one side rates all alike"], ["b", "0.50 (0.20 … 0.60)", "–", ""]];
  const text = stripVTControlCharacters(table({ ...terminal, columns: 40 }, columns, remarked));
  expect(text.split("\n").slice(3)).toEqual(["b      0.50 (0.20 … 0.60)  –", "", "a: one side rates all alike", ""]);
}); // biome-ignore format: tables

test("colours come on a terminal only, and not against NO_COLOR", () => {
  expect(paint(plain, "bold", "x")).toBe("x");
  expect(paint(terminal, "bold", "x")).toBe("\u001b[1mx\u001b[22m");
  process.env.NO_COLOR = "1";
  expect(paint(terminal, "bold", "x")).toBe("x");
  delete process.env.NO_COLOR;
});
