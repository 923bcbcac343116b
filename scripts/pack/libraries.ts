/** @file Builds the library packages: compiled modules with their types, one by one, and the files beside them, so that paths within a package stay as they are. */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, dirname, join, relative } from "node:path";
import { type Manifest, publishedManifest } from "./manifest.ts";
import { BESIDE, inLib, isCompiled, outside, type Reached, reach } from "./reach.ts";
import { publishedReadme } from "./readme.ts";

/** A package of the repository. */
export interface Package {
  /** Absolute path of its folder. */
  readonly home: string;
  readonly manifest: Manifest;
  readonly reached: Reached;
}

/** The packages in a folder, with what their entry points reach. @throws Error for one that reaches files of another */
export function findPackages(folder: string): Package[] {
  return globSync("*/package.json", { cwd: folder })
    .sort()
    .map((path) => {
      const home = join(folder, dirname(path));
      const manifest: Manifest = JSON.parse(readFileSync(join(folder, path), "utf8"));
      const reached = reach(Object.values(manifest.exports ?? {}).map((entry) => join(home, String(entry))));
      const strays = outside(reached, home);
      if (strays.length > 0) throw new Error(`${manifest.name} reaches files outside of its folder: ${strays.join(", ")}`);
      return { home, manifest, reached };
    });
}

/** Version of each package, by name. */
export const versionsOf = (packages: readonly Package[]): Map<string, string> =>
  new Map(packages.map(({ manifest }) => [manifest.name, manifest.version]));

/** Compiles all packages into a folder: modules and types, in the tree of `packages`. */
export function compile(root: string, out: string): void {
  mkdirSync(out, { recursive: true });
  const config = join(out, "tsconfig.json");
  const options = {
    ...{ noEmit: false, declaration: true, rewriteRelativeImportExtensions: true },
    ...{ outDir: out, rootDir: join(root, "packages") },
  };
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions: options, include: [join(root, "packages/*/src")] }),
  );
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", config], { stdio: "inherit" });
}

/** Puts together what is published of a package. @param compiled the folder that `compile` wrote */
export function stage(
  each: Package,
  versions: ReadonlyMap<string, string>,
  compiled: string,
  folder: string,
  root: string,
): void {
  const { home, manifest, reached } = each;
  for (const file of reached.files) {
    const path = relative(home, file);
    if (isCompiled(file)) stageModule(join(compiled, basename(home)), folder, path);
    else if (path.startsWith("src/")) copy(file, join(folder, inLib(path)));
  }
  for (const name of manifest.files ?? []) cpSync(join(home, name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, "README.md"), publishedReadme(readFileSync(join(home, "README.md"), "utf8")));
  copy(join(root, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(publishedManifest(manifest, reached, versions), null, 2)}\n`);
}

/** Stages a compiled module and its types. */
function stageModule(compiled: string, folder: string, path: string): void {
  const module = inLib(path);
  const emitted = path.replace(/\.tsx?$/, ".js");
  const text = readFileSync(join(compiled, emitted), "utf8").replace(BESIDE, (whole) => whole.replace(/\.ts"/, '.js"'));
  const toRoot = relative(dirname(module), "lib") || ".";
  mkdirSync(join(folder, dirname(module)), { recursive: true });
  const adapted = withGlobals(text, `${toRoot}/node22.js`);
  writeFileSync(join(folder, module), adapted);
  copy(join(compiled, emitted.replace(/\.js$/, ".d.ts")), join(folder, module.replace(/\.js$/, ".d.ts")));
  if (adapted !== text) writeFileSync(join(folder, "lib/node22.js"), globalsFor22());
}

const GLOBALS = /\b(?:AsyncDisposableStack|Float16Array)\b/g;

/** Lets a module import the globals of Node 24 that it uses. @param from the module that exports them */
export function withGlobals(text: string, from: string): string {
  const used = [...new Set(text.match(GLOBALS))];
  const path = from.startsWith(".") ? from : `./${from}`;
  return used.length === 0 ? text : `import { ${used.join(", ")} } from ${JSON.stringify(path)};\n${text}`;
}

/** The module node22.js. */
const globalsFor22 = (): string => stripTypeScriptTypes(readFileSync(join(import.meta.dirname, "node22.ts"), "utf8"));

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
}
