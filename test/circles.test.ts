/** @file No file depends on itself through others: not by a value, and not by a type alone. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { circle } from "./support/circle.ts";

const ROOT = resolve(import.meta.dirname, "..");
const FILES = globSync(["packages/*/{src,test}/**/*.{ts,tsx}", "{bench,scripts,test,fixtures}/**/*.{ts,mjs}"], {
  cwd: ROOT,
}).sort();

/** `import ... from "x"`, `export ... from "x"`, `import "x"`, `import("x")` as a value or as a type. */
const IMPORT = /\bfrom\s*"([^"]+)"|^\s*import\s*"([^"]+)"|\bimport\(\s*"([^"]+)"\s*\)/gm;

/** What the text of a file imports, types included; comments do not count. */
function targetsIn(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map(([, from, bare, called]) => from ?? bare ?? called ?? "");
}

/** package.json of a package of this repository: where each of its doors leads. */
function exportsOf(name: string): Readonly<Record<string, string>> {
  const file = join(ROOT, "packages", name, "package.json");
  return existsSync(file) ? ((JSON.parse(readFileSync(file, "utf8")) as { exports?: Record<string, string> }).exports ?? {}) : {};
}

/** The file that an import of `file` leads to; null outside this repository. */
function resolved(file: string, target: string): string | null {
  if (target.startsWith(".")) return relative(ROOT, resolve(ROOT, dirname(file), target));
  const [, name = "", door = ""] = /^@pickapic\/([a-z]+)(\/.*)?$/.exec(target) ?? [];
  const entry = exportsOf(name)[door === "" ? "." : `.${door}`];
  return typeof entry === "string" ? join("packages", name, entry) : null;
}

test("no file of the project depends on itself", () => {
  const uses = new Map(
    FILES.map((file) => [
      file,
      targetsIn(readFileSync(join(ROOT, file), "utf8")).flatMap((target) => resolved(file, target) ?? []),
    ]),
  );
  expect(uses.size).toBeGreaterThan(500);
  expect(circle(FILES, (file) => uses.get(file) ?? [])).toEqual([]);
});

describe("the check can fail", () => {
  const files: Readonly<Record<string, string>> = {
    "a.ts": 'import type { B } from "./b.ts";\nimport {\n  type C,\n  d,\n} from "./c.ts";',
    "b.ts": 'export type B = import("./c.ts").C;',
    "c.ts": '/* import "./a.ts" */\nexport * from "./d.ts";',
    "d.ts": "export const d = 1;",
  };
  const next = (more: Readonly<Record<string, string>>) => (name: string) =>
    targetsIn({ ...files, ...more }[name] ?? "").map((target) => target.slice(2));

  test("what only leads on is no circle, and a comment imports nothing", () => {
    expect(circle(Object.keys(files), next({}))).toEqual([]);
  });

  test.each([
    ["a type", 'import type { A } from "./a.ts";'],
    ["a type inside a type", 'export const d: import("./b.ts").B = 1;'],
    ["a value", 'export { a } from "./a.ts";'],
    ["a file imported for what it does", 'import "./c.ts";'],
  ])("a circle by %s is found", (_by, text) => {
    const found = circle(Object.keys(files), next({ "d.ts": text }));
    expect(found.length).toBeGreaterThan(2);
    expect(found.at(-1)).toBe(found[0]);
  });
});
