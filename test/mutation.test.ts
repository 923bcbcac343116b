import { expect, test } from "vitest";
import { summaryOf } from "../scripts/mutation/journal.ts";
import { fateOf, percentOf, scoreOf } from "../scripts/mutation/report.ts";
import { target } from "../scripts/mutation.ts";

test.each([
  ["packages/disk", "packages/disk/src/**/*.{ts,tsx}"],
  ["./packages/disk/", "packages/disk/src/**/*.{ts,tsx}"],
  ["packages/disk/src", "packages/disk/src/**/*.{ts,tsx}"],
  ["packages/disk/src/inner/", "packages/disk/src/inner/**/*.{ts,tsx}"],
  ["packages/disk/src/lock.ts", "packages/disk/src/lock.ts"],
  ["packages/disk/src/page.tsx", "packages/disk/src/page.tsx"],
])("mutation testing of %s changes %s", (path, files) => {
  expect(target(path)).toEqual({ package: "packages/disk", files });
});

test.each([
  "",
  "packages",
  "src",
  "packages/disk/test",
  "packages/disk/srcs",
  "other/packages/disk",
  "packages/disk/src/../test",
])("mutation testing refuses %j", (path) => expect(target(path)).toBeUndefined());

test("a mutant is noticed by any test, survives all that reach it, or is reached by none", () => {
  const found = summaryOf([
    { kind: "static", mutants: ["1", "5"] },
    { kind: "covered", test: "a", mutants: ["1", "2", "3"] },
    { kind: "survived", test: "a", mutant: "1" },
    { kind: "begin", test: "a", mutant: "2" },
    { kind: "suspect", test: "a", mutant: "2" },
    { kind: "noticed", test: "b", mutant: "1", why: "no" },
    { kind: "begin", test: "a", mutant: "3" },
  ]);
  expect(found.open).toMatchObject({ test: "a", mutant: "3" });
  const mutants = ["1", "2", "3", "4", "5"].map((id) => ({ id }));
  const outcome = { found };
  expect(mutants.map((mutant) => fateOf(mutant, outcome))).toEqual(["noticed", "survived", "survived", "unreached", "atLoad"]);
  expect(scoreOf(mutants, outcome)).toEqual({ noticed: 1, survived: 2, unreached: 1, atLoad: 1 });
  expect(percentOf(scoreOf(mutants, outcome))).toBe(25);
  expect(percentOf({ noticed: 0, survived: 0, unreached: 0, atLoad: 3 })).toBe(100);
});
