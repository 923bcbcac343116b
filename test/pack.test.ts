/** @file What `npm run pack` publishes, as far as it can be seen without building it. `npm run pack -- --check` installs and tries it. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { type PackFile, publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, test } from "vitest";
import { findPackages, versionsOf, withGlobals } from "../scripts/pack/libraries.ts";
import { ENGINES, publishedManifest } from "../scripts/pack/manifest.ts";
import { isNeeded } from "../scripts/pack/native.ts";
import { HalvesFor22, StackFor22 } from "../scripts/pack/node22.ts";
import { inLib, isCompiled, outside, packageOf, reach } from "../scripts/pack/reach.ts";
import { publishedReadme } from "../scripts/pack/readme.ts";
import { temporaryFolder } from "./support/temporaryFolder.ts";

const ROOT = resolve(import.meta.dirname, "..");
const packages = findPackages(join(ROOT, "packages"));
const versions = versionsOf(packages);

describe.each(packages.map((each) => [basename(each.home), each] as const))("%s", (_name, { home, manifest, reached }) => {
  const published = publishedManifest(manifest, reached, versions);
  const files = [...reached.files].map((file) => inLib(relative(home, file)));

  test("its entry points, their types and all that they read lie in the package", () => {
    const entries = Object.values(published.exports ?? {}) as { types: string; default: string }[];
    expect(entries.map((entry) => entry.default.slice(2)).filter((file) => !files.includes(file))).toEqual([]);
    expect(outside(reached, home)).toEqual([]);
    const folders = [...reached.folders].map((folder) => relative(home, folder));
    expect(published.files).toEqual(expect.arrayContaining(folders));
  });

  test("its dependencies have versions that npm can find, and it runs on Node 22", () => {
    const ranges = Object.entries(published.dependencies ?? {});
    expect(ranges.filter(([, range]) => !/^[\^~]?\d+\.\d+\.\d+/.test(range))).toEqual([]);
    for (const [name, range] of ranges) if (versions.has(name)) expect(range).toBe(versions.get(name));
    expect(published).not.toHaveProperty("private");
    expect(published).not.toHaveProperty("devDependencies");
    expect(published.engines).toEqual({ node: ">=22.12" });
  });

  test("publint has nothing to say", async () => {
    const entries = Object.values(manifest.exports ?? {}).map((entry) => join(home, String(entry)));
    const modules = entries.flatMap((file): PackFile[] => {
      const name = `package/${inLib(relative(home, file))}`;
      const code = stripTypeScriptTypes(readFileSync(file, "utf8"));
      return [
        { name, data: code },
        { name: name.replace(/\.js$/, ".d.ts"), data: "export {};" },
      ];
    });
    const { messages, pkg } = await publint({
      pkgDir: "package",
      strict: true,
      pack: { files: [{ name: "package/package.json", data: JSON.stringify(published) }, ...modules] },
    });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });
});

test("all that modules name beside themselves exists", () => {
  const missing = packages.flatMap(({ reached }) => [...reached.files].filter((file) => !existsSync(file)));
  expect(missing).toEqual([]);
});

test("a package that imports what it does not declare, or a file of another package, is refused", () => {
  const folder = temporaryFolder();
  const write = (path: string, text: string): string => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  };
  const file = write(
    "a/src/index.ts",
    'import { z } from "zod";\nexport * from "../../b/src/index.ts";\nexport type T = z.ZodType;\n',
  );
  const others = [
    write("b/src/data.json", "{}"),
    write("b/src/index.ts", 'export const url = new URL("./data.json", import.meta.url);\nimport("./later.ts");\n'),
    write("b/src/later.ts", "export {};\n"),
  ];
  const reached = reach([file]);
  expect(outside(reached, join(folder, "a"))).toEqual(others);
  expect(() => publishedManifest({ name: "@pickapic/a", version: "1.0.0" }, reached, new Map())).toThrow(/imports zod/);
});

test.each([
  ["zod/v4", "zod"],
  ["@pickapic/server/api", "@pickapic/server"],
  ["pg", "pg"],
])("%s is of package %s", (target, name) => expect(packageOf(target)).toBe(name));

test.each([
  ["[graph](../graph/README.md#run) runs", "[graph](https://www.npmjs.com/package/@pickapic/graph) runs"],
  ["see [the errors](../../docs/errors.md)", "see the errors"],
  ["![64 images](../../docs/sheet.webp)", "64 images"],
  ["[ONNX](https://onnx.ai), [below](#below)", "[ONNX](https://onnx.ai), [below](#below)"],
])("in a published README, %s is %s", (clone, npm) => expect(publishedReadme(clone)).toBe(npm));

test("a module imports the globals that Node 22 lacks, and only those that it uses", () => {
  const text = "await using opened = new AsyncDisposableStack();";
  expect(withGlobals(text, "../node22.js")).toBe(`import { AsyncDisposableStack } from "../node22.js";\n${text}`);
  expect(withGlobals("const a = 1;", "./node22.js")).toBe("const a = 1;");
  expect(isCompiled("a.d.ts")).toBe(false);
});

test("halves for Node 22 are those of Node 24, at every border and in between", () => {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  const values: number[] = [];
  // A prime step visits every exponent, signs, subnormals, infinities and NaN; beside each is its border to the next half.
  for (let word = 0; word < 2 ** 32; word += 65_521) {
    for (const near of [word, (word & ~0x1fff) + 0x1000, (word & ~0x1fff) + 0x1001, (word & ~0x1fff) + 0xfff]) {
      bits[0] = near;
      values.push(float[0] ?? 0);
    }
  }
  const ours = new HalvesFor22(values);
  const theirs = new Float16Array(values);
  const wrong = values.filter((value, i) => !Number.isNaN(value) && ours[i] !== new Uint16Array(theirs.buffer)[i]);
  expect(wrong).toEqual([]);
  expect([...new Float16Array(new HalvesFor22([Number.NaN]).buffer)]).toEqual([Number.NaN]);
});

test.each([
  ["Node's own", () => new AsyncDisposableStack()],
  ["the one for Node 22", () => new StackFor22()],
])("a stack closes in reverse order, waits, goes on after an error, and hands over: %s", async (_name, make) => {
  const closed: string[] = [];
  const stack = make();
  expect(stack.adopt("a", (value) => void closed.push(value))).toBe("a");
  stack.defer(async () => {
    await Promise.resolve();
    closed.push("b");
  });
  stack.defer(() => {
    throw new Error("no");
  });
  stack.defer(() => void closed.push("c"));
  const moved = stack.move();
  await stack[Symbol.asyncDispose]();
  expect(closed).toEqual([]);
  await expect(moved.disposeAsync()).rejects.toThrow("no");
  expect(closed).toEqual(["c", "b", "a"]);
  await moved.disposeAsync();
  expect(closed).toHaveLength(3);
});

test.each([
  ["/bin/postgres", true],
  ["/lib/libpq.so.5.18", true],
  ["/lib/libpq.a", false],
  ["/lib/postgresql/plpgsql.so", true],
  ["/lib/postgresql/utf8_and_euc_jp.so", true],
  ["/lib/postgresql/hstore.so", false],
  ["/lib/postgresql/pgxs/src/Makefile", false],
  ["/share/postgresql/extension/plpgsql.control", true],
  ["/share/postgresql/extension/", true],
  ["/share/postgresql/extension/hstore.control", false],
  ["/share/postgresql/timezone/Europe/Berlin", true],
])("PostgreSQL for one application: %s %s", (path, needed) => expect(isNeeded(path)).toBe(needed));

test("a Node that is older than package.json of the published package says is named, instead of a syntax error", async () => {
  const [, oldest = ""] = />=(\d+\.\d+)$/.exec(ENGINES.node) ?? [];
  const [major, minor] = oldest.split(".").map(Number);
  const startAs = (version: string) => {
    const disguise = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } });`;
    return promisify(execFile)(process.execPath, [
      "--import",
      `data:text/javascript,${encodeURIComponent(disguise)}`,
      join(ROOT, "packages/cli/bin/start.mjs"),
      "--version",
    ]);
  };
  const older = `${major}.${Number(minor) - 1}.0`;
  await expect(startAs(older)).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: `pickapic: This is Node ${older}, and pickapic needs Node ${oldest} or newer: install one from https://nodejs.org.\n`,
  });
  for (const version of [`${oldest}.0`, "25.0.0"]) expect((await startAs(version)).stdout).toMatch(/^\d/);
});
