/** @file What a published package consists of: the source files that its entry points reach, and the packages that they import. */
import { readFileSync, statSync } from "node:fs";
import { dirname, extname, join, relative, resolve } from "node:path";
import { parseSync } from "oxc-parser";

/** The files and packages that modules need. */
export interface Reached {
  /** Absolute paths: modules, and files that modules read by `new URL(..., import.meta.url)`. */
  readonly files: ReadonlySet<string>;
  /** Absolute paths of folders that modules read by `new URL(..., import.meta.url)`. */
  readonly folders: ReadonlySet<string>;
  /** Names of packages that are imported, also for their types only. */
  readonly packages: ReadonlySet<string>;
  /** Names of packages whose files are looked up by `resolve` or `require`. */
  readonly resolved: ReadonlySet<string>;
}

/** `new URL("./file", import.meta.url)`: how modules name workers, WebAssembly and folders beside them. */
export const BESIDE = /new URL\(\s*"(\.[^"]*)",\s*import\.meta\.url\s*\)/g;
/** Dynamic imports, and imports within types. */
const IMPORTED = /\bimport\(\s*"([^"]+)"/g;
/** Files of packages that are looked up by name. */
const RESOLVED = /(?:\bresolve|\brequire|createRequire\(import\.meta\.url\))\(\s*"([@a-z][^"]*)"/g;

/** Walks from entry points along every import, static, dynamic or of types, and every file that is named beside a module. */
export function reach(entries: readonly string[]): Reached {
  const files = new Set<string>();
  const folders = new Set<string>();
  const packages = new Set<string>();
  const resolved = new Set<string>();
  const waiting = entries.map((entry) => resolve(entry));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (files.has(file)) continue;
    if (isFolder(file)) {
      folders.add(file);
      continue;
    }
    files.add(file);
    const text = /\.tsx?$/.test(file) ? readFileSync(file, "utf8") : "";
    for (const target of [...importsOf(file, text), ...all(text, BESIDE)]) {
      if (target.startsWith(".")) waiting.push(join(dirname(file), target));
      else if (!target.startsWith("node:")) packages.add(packageOf(target));
    }
    for (const target of all(text, RESOLVED)) resolved.add(packageOf(target));
    const declared = file.replace(/\.js$/, ".d.ts");
    if (declared !== file && statSync(declared, { throwIfNoEntry: false })) files.add(declared);
  }
  return { files, folders, packages, resolved };
}

/** Whether a path is a folder. One that is not there yet counts by its name, because the built pages may be missing. */
const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? (extname(path) === "" || path.endsWith("/"));

const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].flatMap(([, target]) => target ?? []);

/** What a module imports, as it is written there. */
function importsOf(file: string, text: string): string[] {
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file} cannot be read: ${errors[0]?.message}`);
  return [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) => entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? [])),
    ...all(text, IMPORTED),
  ];
}

/** The name of a package in an import such as "@pickapic/server/api" or "zod/v4". */
export const packageOf = (target: string): string =>
  target
    .split("/")
    .slice(0, target.startsWith("@") ? 2 : 1)
    .join("/");

/** The files of `reached` that lie outside of a folder. A published package must have none. */
export const outside = (reached: Reached, folder: string): string[] =>
  [...reached.files, ...reached.folders].filter((file) => relative(folder, file).startsWith("..")).sort();

/** Where a file of `src` lies in the published package: compiled modules and the files beside them are in `lib`. */
export const inLib = (path: string): string => path.replace(/^(\.\/)?src\//, "$1lib/").replace(/(?<!\.d)\.tsx?$/, ".js");

/** Whether a file is a module that the compiler writes. */
export const isCompiled = (file: string): boolean => /\.tsx?$/.test(file) && !file.endsWith(".d.ts");
