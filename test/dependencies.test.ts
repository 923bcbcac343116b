/** @file docs/dependencies.md has a row for each dependency, and none for one that is gone; the lock file is complete. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;
type Manifest = Partial<Record<(typeof KINDS)[number], Record<string, string>>>;

function namedIn(manifest: string): string[] {
  const json = JSON.parse(readFileSync(join(ROOT, manifest), "utf8")) as Manifest;
  return KINDS.flatMap((kind) => Object.keys(json[kind] ?? {})).filter((name) => !name.startsWith("@pickapic/"));
}

test("every direct dependency has a row that says what it is for, and every row a dependency", () => {
  const named = new Set(globSync(["package.json", "packages/*/package.json"], { cwd: ROOT }).flatMap(namedIn));
  const rows = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8").matchAll(/^\| `([^`]+)` \|[^|]+\|[^|]*\w/gm);
  expect([...rows].map(([, name]) => name)).toEqual([...named].sort());
});

// A lock file that was written on one system may lack the programs of the others, and `npm ci` then installs none there.
test("the lock file has the optional dependencies of every package for all systems", () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
    packages: Record<string, Manifest>;
  };
  const locked = new Set(Object.keys(packages).map((path) => path.split("node_modules/").at(-1)));
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => !locked.has(name))
      .map((name) => `${path}: ${name}`),
  );
  expect(missing).toEqual([]);
});
