/** @file The direction of imports between the packages, as docs/architecture.md draws it. */
import { globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { circle } from "./support/circle.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** All but the pages, and what stands on it. */
const FOR_EXPERIMENTS = [
  "disk",
  "chance",
  "errors",
  "pictures",
  "graph",
  "clip",
  "hub",
  "dataset",
  "pickscore",
  "evaluation",
  "generation",
  "toyworld",
  "server",
  "report",
];

/** Package -> the packages that it may use. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  disk: [],
  chance: [],
  errors: ["disk"],
  pictures: ["disk", "errors"],
  graph: ["errors"],
  clip: ["disk", "chance", "errors", "pictures", "graph"],
  hub: ["disk", "errors", "clip"],
  dataset: ["disk", "chance", "errors", "pictures"],
  pickscore: ["disk", "chance", "errors", "pictures", "graph", "clip", "hub", "dataset"],
  evaluation: ["chance"],
  judge: ["disk", "errors", "pickscore", "evaluation"],
  generation: ["disk", "chance", "errors", "pictures", "dataset"],
  toyworld: ["chance", "generation"],
  server: ["disk", "chance", "errors", "pictures", "dataset", "evaluation", "judge", "generation", "report"],
  web: ["server"],
  report: ["evaluation"],
  experiments: FOR_EXPERIMENTS,
  cli: [...FOR_EXPERIMENTS, "web", "experiments", "judge"],
};

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

const IMPORT = /^\s*(?:import|export)\s+(type\s)?[^"';]*?\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

/** The imports of a file; an import in a comment or a text is one too many, and would show. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  return [...text.matchAll(IMPORT)].map((match) => ({
    file,
    target: match[2] ?? match[3] ?? match[4] ?? "",
    typeOnly: Boolean(match[1]),
  }));
}

function filesOf(name: string, folder: "src" | "test"): string[] {
  return globSync(`packages/${name}/${folder}/**/*.{ts,tsx}`, { cwd: ROOT }).sort();
}

function workspaceOf(target: string): string | undefined {
  return /^@pickapic\/([a-z]+)/.exec(target)?.[1];
}

interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function manifestOf(name: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, "packages", name, "package.json"), "utf8")) as Manifest;
}

function workspacesIn(dependencies: Record<string, string> = {}): string[] {
  return Object.keys(dependencies).flatMap((name) => workspaceOf(name) ?? []);
}

test("every package has its place in the list", () => {
  const packages = globSync("packages/*/package.json", { cwd: ROOT }).map((file) => file.split("/")[1]);
  expect(packages.sort()).toEqual(Object.keys(MAY_USE).sort());
});

test("docs/architecture.md tells the same list", () => {
  const text = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z]+)` \|.*\|([^|]*)\|$/gm)].filter(
    ([, name]) => name !== undefined && name in MAY_USE,
  );
  const told = Object.fromEntries(
    rows.map(([, name, cell = ""]) => [
      name,
      /everything/.test(cell) ? MAY_USE.cli : [...cell.matchAll(/`([a-z]+)`/g)].map((match) => match[1]),
    ]),
  );
  expect(told).toEqual(MAY_USE);
});

test.each(Object.keys(MAY_USE))("docs/architecture.md names each inner folder of %s, and no other", (name) => {
  const text = readFileSync(join(ROOT, "docs/architecture.md"), "utf8");
  const row = new RegExp(`^\\| \`${name}\` \\| ([^|]*) \\|$`, "m").exec(text)?.[1] ?? "";
  const told = [...row.replace(/\([^)]*\)/g, "").matchAll(/`([A-Za-z]+)\/`/g)].map((match) => match[1]);
  const folders = readdirSync(join(ROOT, "packages", name, "src"), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(told.sort()).toEqual(folders.map((folder) => folder.name).sort());
});

test("the list has no circle", () => {
  expect(circle(Object.keys(MAY_USE), (name) => MAY_USE[name] ?? [])).toEqual([]);
});

describe.each(Object.keys(MAY_USE))("%s", (name) => {
  const allowed = [name, ...(MAY_USE[name] ?? [])];
  const imports = filesOf(name, "src").flatMap(importsOf);

  test("imports only from packages that it may use", () => {
    const wrong = imports.filter(({ target }) => !allowed.includes(workspaceOf(target) ?? name));
    expect(wrong).toEqual([]);
  });

  test("declares the packages that it imports, and no other", () => {
    const used = new Set(imports.flatMap(({ target }) => workspaceOf(target) ?? []));
    used.delete(name);
    expect(workspacesIn(manifestOf(name).dependencies).sort()).toEqual([...used].sort());
  });

  test("its tests import only what its package.json names", () => {
    const { dependencies, devDependencies } = manifestOf(name);
    const declared = [name, ...workspacesIn(dependencies), ...workspacesIn(devDependencies)];
    const wrong = filesOf(name, "test")
      .flatMap(importsOf)
      .filter(({ target }) => !declared.includes(workspaceOf(target) ?? name));
    expect(wrong).toEqual([]);
  });

  test("reaches into no other package by a path", () => {
    const home = join(ROOT, "packages", name);
    const files = [...filesOf(name, "src"), ...filesOf(name, "test")].flatMap(importsOf);
    const wrong = files.filter(
      ({ file, target }) => target.startsWith(".") && relative(home, resolve(ROOT, dirname(file), target)).startsWith(".."),
    );
    expect(wrong.filter(({ target }) => !/\/(fixtures|test\/support)\//.test(target))).toEqual([]);
  });
});

/** A newcomer reads a folder of this many names at a glance; a larger one needs inner folders. */
const MOST_FILES = 25;

/** The folders with more than `most` files of their own, each with its count. */
function crowded(files: readonly string[], most: number): string[] {
  const counts = Object.entries(Object.groupBy(files, (file) => dirname(file))).map(([folder, own = []]) => ({
    folder,
    count: own.length,
  }));
  return counts.filter(({ count }) => count > most).map(({ folder, count }) => `${folder}: ${count}`);
}

test("no folder has more files than can be seen at a glance", () => {
  const files = globSync("{packages/*/{src,test},test,scripts,bench}/**/*.*", {
    cwd: ROOT,
    exclude: ["**/node_modules/**", "**/dist/**"],
    withFileTypes: true,
  })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
  expect(files.length).toBeGreaterThan(500);
  expect(crowded(files, MOST_FILES)).toEqual([]);
  expect(crowded(["a/1.ts", "a/2.ts", "a/b/1.ts"], 1)).toEqual(["a: 2"]);
});

test("web takes nothing but types and schemas from the server", () => {
  const taken = filesOf("web", "src")
    .flatMap(importsOf)
    .filter(({ target }) => workspaceOf(target) === "server");
  expect(taken.filter(({ target, typeOnly }) => target !== "@pickapic/server/api" && !typeOnly)).toEqual([]);
});

test("the check can fail: a circle is found", () => {
  const edges: Record<string, string[]> = { a: ["b"], b: ["c"], c: ["a"], d: ["a"] };
  expect(circle(Object.keys(edges), (name) => edges[name] ?? [])).toEqual(["a", "b", "c", "a"]);
});
