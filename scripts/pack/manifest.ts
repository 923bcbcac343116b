/** @file The package.json of a published package, made from the one in the clone. */
import { inLib, type Reached } from "./reach.ts";

/** The fields of a package.json that are read or written here. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly exports?: Readonly<Record<string, unknown>>;
  /** Folders that are published as they are, beside the compiled modules. */
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** The Node versions that published packages run on. The clone needs Node 24, which runs TypeScript files. */
export const ENGINES = { node: ">=22.12" };

/** The scope of our packages. */
export const SCOPE = "@pickapic/";

/**
 * Returns the package.json of the published package. Entry points lead to compiled modules and their types; only packages that the entry points
 * reach are dependencies, ours in the very same version.
 * @param versions version of each of our packages, by name
 * @throws Error that names a package which is imported and not declared
 */
export function publishedManifest(source: Manifest, reached: Reached, versions: ReadonlyMap<string, string>): Manifest {
  const { name, version, description, license, exports = {}, files = [] } = source;
  const dependencies = { ...neededOf(source, reached), ...typesOf(source, reached) };
  return {
    name,
    version,
    description,
    license,
    type: "module",
    engines: ENGINES,
    exports: Object.fromEntries(Object.entries(exports).map(([path, target]) => [path, entryOf(name, target)])),
    files: ["lib", ...files, ...(files.length > 0 ? ["*.txt"] : [])],
    ...(Object.keys(dependencies).length > 0 && {
      dependencies: Object.fromEntries(
        Object.entries(dependencies)
          .map(([each, range]) => [each, each.startsWith(SCOPE) ? versionOf(each, versions) : range] as const)
          .toSorted(([a], [b]) => (a < b ? -1 : 1)),
      ),
    }),
    publishConfig: { access: "public" },
  };
}

/** The entry point of a published package: types first, because conditions are tried in their order. */
function entryOf(name: string, target: unknown): { types: string; default: string } {
  if (typeof target !== "string" || !/^\.\/src\/.*\.ts$/.test(target))
    throw new Error(`${name}: an entry of "exports" must be a path ./src/*.ts; got ${JSON.stringify(target)}`);
  const compiled = inLib(target);
  return { types: compiled.replace(/\.js$/, ".d.ts"), default: compiled };
}

/**
 * The packages that are imported, with their ranges. One that is a dependency of development in the clone is imported for its types, which a program
 * that is compiled against ours needs, too. One that is only looked up by name counts if it is a dependency: tools of the clone are no such.
 */
function neededOf(
  { name, dependencies = {}, devDependencies = {} }: Manifest,
  { packages, resolved }: Reached,
): Record<string, string> {
  const declared = { ...devDependencies, ...dependencies };
  const looked = [...resolved].filter((each) => Object.hasOwn(dependencies, each));
  const needed = [...new Set([...packages, ...looked])].filter((each) => each !== name);
  const missing = needed.filter((each) => !Object.hasOwn(declared, each));
  if (missing.length > 0)
    throw new Error(`${name} imports ${missing.join(", ")}: name it under "dependencies" of its package.json`);
  return Object.fromEntries(needed.map((each) => [each, declared[each] ?? ""]));
}

/** Packages with nothing but the types of an imported one. */
function typesOf({ devDependencies = {} }: Manifest, { packages }: Reached): Record<string, string> {
  return Object.fromEntries(
    Object.entries(devDependencies).filter(([each]) => each.startsWith("@types/") && packages.has(each.slice("@types/".length))),
  );
}

function versionOf(name: string, versions: ReadonlyMap<string, string>): string {
  const version = versions.get(name);
  if (!version) throw new Error(`${name} is no package of this repository`);
  return version;
}
