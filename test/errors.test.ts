/** @file The tables of errors: documented, thrown, and with one meaning for each code. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { errorsPage, TABLES } from "../scripts/errors.ts";

const ROOT = join(import.meta.dirname, "..");
const codes = Object.values(TABLES).flatMap((table) => Object.keys(table));

test("docs/errors.md is what scripts/errors.ts writes", () => {
  expect(readFileSync(join(ROOT, "docs/errors.md"), "utf8")).toBe(errorsPage());
});

test("no code stands in two tables", () => {
  expect(codes.filter((code, i) => codes.indexOf(code) !== i)).toEqual([]);
});

test("every text is whole sentences, whatever it quotes", () => {
  const rows = errorsPage().match(/^\| `.*$/gm) ?? [];
  expect(rows).toHaveLength(codes.length);
  for (const row of rows) expect(row).toMatch(/\| \S.*[.:)›] \|$/);
  expect(errorsPage()).not.toMatch(/undefined|NaN|\[object/);
});

describe.each(Object.entries(TABLES))("%s", (_name, table) => {
  const sources = globSync("packages/*/src/**/*.{ts,tsx}", { cwd: ROOT, exclude: ["packages/*/src/errors.ts"] });
  const text = sources.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n");

  test("every code of the table is named in the sources", () => {
    expect(Object.keys(table).filter((code) => !text.includes(`"${code}"`))).toEqual([]);
  });
});
