/** @file The files and functions that the documents name are there. (Decisions and the log tell of what was, so they are left out.) */
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const PAST = new Set(["docs/decisions.md", "docs/log.md", "docs/mutation.md"]);
const DOCUMENTS = globSync(["*.md", "docs/*.md", "packages/*/README.md", "packages/*/src/**/README.md"], { cwd: ROOT })
  .filter((file) => !PAST.has(file))
  .sort();

/** Files of a reader that examples name. */
const OF_READERS = new Set(["my-scorer.ts"]);

const SOURCES = globSync("{packages,scripts,bench,test,fixtures,integrations}/**/*.{ts,tsx,mjs,wat}", {
  cwd: ROOT,
  exclude: ["**/node_modules/**", "**/dist/**"],
});
const NAMES = new Set([...SOURCES, "vitest.config.ts", "knip.production.ts"].map((file) => basename(file)));

/** The names of source files in a text that no file has. */
function missingFiles(text: string): string[] {
  const named = text.match(/(?<![.\w-])[\w-]+\.(?:tsx|ts|mjs|wat)\b/g) ?? [];
  return [...new Set(named)].filter((name) => !NAMES.has(name) && !OF_READERS.has(name));
}

test.each(DOCUMENTS)("%s names source files that there are", (file) => {
  expect(missingFiles(readFileSync(join(ROOT, file), "utf8"))).toEqual([]);
});

/** Paths of a row of the table "Where to find it": a name without a folder is below the package of the path before it. */
function pathsOf(cell: string): string[] {
  let before = "";
  return [...cell.matchAll(/(?:packages\/)?[\w./-]+(?:\.(?:tsx|ts|wat)\b|\/)/g)].map(([path]) => {
    const [, name = ""] = before.split("/");
    const beside = [join(dirname(before), path), join("packages", name, "src", path)];
    const found = path.startsWith("packages/") ? path : beside.find((each) => existsSync(join(ROOT, each)));
    before = found ?? join("packages", name, "src", path);
    return before;
  });
}

/** What a row names and what is not there: a path, or a function that none of its files has. */
function missingIn(cell: string): string[] {
  const code = cell.replaceAll(/\[[^\]]*\]\([^)]*\)/g, "").replaceAll("*", "");
  const paths = pathsOf(code.replaceAll(/`[^`]*`/g, ""));
  const files = paths.filter((path) => existsSync(join(ROOT, path)));
  const text = files
    .filter((path) => statSync(join(ROOT, path)).isFile())
    .map((path) => readFileSync(join(ROOT, path), "utf8"))
    .join("\n");
  const names = [...code.matchAll(/`([A-Za-z]+)`/g)].map(([, name = ""]) => name);
  return [...paths.filter((path) => !files.includes(path)), ...names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text))];
}

const ROWS = readFileSync(join(ROOT, "docs/architecture.md"), "utf8")
  .split("## Where to find it")[1]
  ?.split("\n## ")[0]
  ?.split("\n")
  .map((line) => line.split(" | ").map((cell) => cell.replaceAll(/^\| | \|$/g, "")))
  .filter(([what, where]) => what && where?.includes("packages/") && !where.includes("packages/*"));

test("the table of architecture.md has rows", () => {
  expect(ROWS?.length).toBeGreaterThan(40);
});

test.each(ROWS ?? [])("architecture.md: %s: %s", (_what, where = "") => {
  expect(missingIn(where)).toEqual([]);
});

test("the check can fail: a file, a path and a function that are not there are found", () => {
  expect(missingFiles("read plan.ts and plann.ts")).toEqual(["plann.ts"]);
  expect(missingIn("packages/server/src/rounds/plan.ts, `nextPair`; advance.ts")).toEqual([]);
  expect(missingIn("packages/server/src/rounds/plan.ts, `nextPairs`; advanced.ts")).toEqual([
    "packages/server/src/advanced.ts",
    "nextPairs",
  ]);
});

/** The part of an address that leads to a heading, as GitHub makes it. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, "")
    .replaceAll(" ", "-");

test.each(["docs/decisions.md", "docs/log.md"])(
  "the contents of %s lead to each of its sections, and each subject stands once",
  (file) => {
    const text = readFileSync(join(ROOT, file), "utf8");
    const [, contents = "", ...sections] = text.split(/^## /m);
    const headings = sections.map((section) => anchorOf(section.split("\n")[0] ?? ""));
    const linked = [...contents.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = ""]) => anchor);
    const subjects = [...contents.matchAll(/^\| ([^|]+) \|/gm)].map(([, subject]) => subject);
    expect([...new Set(linked)].sort()).toEqual([...new Set(headings)].sort());
    expect(subjects).toEqual([...new Set(subjects)]);
  },
);
