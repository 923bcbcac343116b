/** @file docs/dependencies.md has a row for each dependency, and none for one that is gone; the lock file is complete. */
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const KINDS = ["dependencies", "devDependencies", "optionalDependencies"] as const;
type Manifest = Partial<Record<(typeof KINDS)[number], Record<string, string>>>;

/** Which packages use each dependency, as the table writes it: in brackets those that need it for development only, as the root does for everything. */
function users(): Map<string, string> {
  const found = new Map<string, string[]>();
  for (const path of ["package.json", ...globSync("packages/*/package.json", { cwd: ROOT }).sort()]) {
    const user = path === "package.json" ? "tools" : basename(dirname(path));
    const manifest = JSON.parse(readFileSync(join(ROOT, path), "utf8")) as Manifest;
    for (const kind of KINDS)
      for (const name of Object.keys(manifest[kind] ?? {}).filter((each) => !each.startsWith("@pickapic/"))) {
        const written = user !== "tools" && kind === "dependencies" ? user : `(${user})`;
        found.set(name, [...(found.get(name) ?? []), written]);
      }
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, all]) => [name, all.join(", ")]));
}

test("every direct dependency has a row that says who uses it and what for, and every row a dependency", () => {
  const rows = readFileSync(join(ROOT, "docs/dependencies.md"), "utf8").matchAll(/^\| `([^`]+)` \| ([^|]+) \|[^|]*\w/gm);
  expect([...rows].map(([, name, user]) => [name, user])).toEqual([...users()]);
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
