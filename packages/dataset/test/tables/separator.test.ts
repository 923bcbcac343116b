import { expect, test } from "vitest";
import { startOf } from "../../src/tables/separator.ts";

test.each<[text: string, file: string, separator: string]>([
  ["a,b\n", "x.csv", ","],
  ["a;b\n", "x.csv", ";"],
  ["a\tb\n", "x.csv", "\t"],
  ["a|b|c\n", "x.csv", "|"],
  ["one\n", "x.csv", ","],
  ["\n \nprompt;image;how, why\n", "x.csv", ";"],
  ['"a,b,c";d\n', "x.csv", ";"],
  ["a, b, c\td\n", "x.tsv", "\t"],
  ["a,b,c\n", "x.tsv", ","],
  ["a, b, c\td\n", "x.csv", ","],
])("the head %j of %s is separated by %j", (text, file, separator) => {
  expect(startOf(text, file)).toEqual({ separator, skipped: 0 });
});

test.each<[text: string, separator: string, rest: string]>([
  ["sep=;\na;b\n", ";", "a;b\n"],
  ["SEP=,\na,b\n", ",", "a,b\n"],
  ['"sep=|"\na|b\n', "|", "a|b\n"],
  ["sep=\t\na\tb\n", "\t", "a\tb\n"],
  ["\n\nsep=^  \na^b\n", "^", "a^b\n"],
  ["sep=;", ";", ""],
])("Excel's first line in %j names the separator and is left out", (text, separator, rest) => {
  const start = startOf(text, "x.csv");
  expect([start.separator, text.slice(start.skipped)]).toEqual([separator, rest]);
});

test("a column whose name begins with sep= is one", () => {
  expect(startOf("sep=x,b\n", "x.csv")).toEqual({ separator: ",", skipped: 0 });
});
