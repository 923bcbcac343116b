/** @file No run of ten equal lines stands in two places of the sources or the tests: what is said twice gets mended once. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** So many equal lines in a row are too many. */
const RUN = 10;

/** A line with its place, white space at its ends left out. */
interface Line {
  readonly file: string;
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** The lines of a file that say something: blank lines and lists of names that come in or go out do not count. */
function linesOf(file: string, text: string): Line[] {
  const blank = (match: string) => match.replace(/[^\n]/g, "");
  const code = text.replace(/^(import|export)\s(type\s)?\{[^}]*\}( from "[^"]*")?;$/gm, blank).replace(/^import .*;$/gm, blank);
  return code
    .split("\n")
    .map((line, i) => ({ file, number: i + 1, text: line.trim() }))
    .filter((line) => line.text !== "");
}

/** Pairs of places with at least `run` equal lines in a row, each named by its first line, such as "a.ts:3 = b.ts:7". */
function repeated(files: ReadonlyMap<string, string>, run: number): string[] {
  const seen = new Map<string, Line>();
  const found = new Map<string, string>();
  for (const [file, text] of files) {
    const lines = linesOf(file, text);
    for (let i = 0; i + run <= lines.length; i++) {
      const part = lines.slice(i, i + run);
      const [first] = part;
      const words = part.map((line) => line.text).join("\n");
      const known = seen.get(words);
      if (!first) continue;
      if (!known) seen.set(words, first);
      else if (known.file !== file || first.number - known.number >= run)
        found.set(
          `${known.file} ${file}`,
          found.get(`${known.file} ${file}`) ?? `${known.file}:${known.number} = ${file}:${first.number}`,
        );
    }
  }
  return [...found.values()];
}

const filesOf = (pattern: string): Map<string, string> =>
  new Map(
    globSync(pattern, { cwd: ROOT, exclude: ["**/node_modules/**", "**/dist/**", "**/*_pb.*", "**/*.gen.*"] })
      .sort()
      .map((file) => [file, readFileSync(join(ROOT, file), "utf8")]),
  );

test.each(["{packages/*/src,scripts}/**/*.{ts,tsx,mjs}", "{packages/*/test,test,bench}/**/*.{ts,tsx}"])(
  "%s: no run of ten equal lines stands twice",
  (pattern) => {
    const files = filesOf(pattern);
    expect(files.size).toBeGreaterThan(200);
    expect(repeated(files, RUN)).toEqual([]);
  },
);

test("the check can fail: a run that was copied is found, with its places", () => {
  const lines = ["const a = 1;", "", "const b = 2;", "  const c = 3;", "const d = 4;"];
  const files = new Map([
    ["a.ts", ["import x from 'y';", ...lines].join("\n")],
    ["b.ts", ["let z;", ...lines.slice(0, 4)].join("\n")],
  ]);
  expect(repeated(files, 3)).toEqual(["a.ts:2 = b.ts:2"]);
  expect(repeated(files, 4)).toEqual([]);
});
