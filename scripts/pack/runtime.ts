/**
 * @file ONNX Runtime for the command: the files of onnxruntime-node, one package for each platform. onnxruntime-node itself brings those of all
 * platforms, 288 MB, to every machine.
 */
import { cpSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { RUNTIME } from "./command.ts";

/** How onnxruntime-node loads its native module. */
const LOADS = "`../bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`";

/** A platform that onnxruntime-node has files for. */
export interface Platform {
  /** As in `process.platform`. */
  readonly os: string;
  /** As in `process.arch`. */
  readonly cpu: string;
  /** The folder of its files. */
  readonly folder: string;
}

/** The platforms of the installed onnxruntime-node. */
export const platformsOf = (runtime: string): Platform[] =>
  globSync("bin/napi-v6/*/*", { cwd: runtime })
    .sort()
    .map((path) => ({ os: basename(dirname(path)), cpu: basename(path), folder: join(runtime, path) }));

const nameOf = ({ os, cpu }: Platform): string => `${RUNTIME}-${os}-${cpu}`;

/** The version of onnxruntime-node in a folder. */
export const runtimeVersionOf = (runtime: string): string => versionOf(readFileSync(join(runtime, "package.json"), "utf8"));

function versionOf(text: string): string {
  const manifest: { version: string } = JSON.parse(text);
  return manifest.version;
}

/** Stages the package that loads ONNX Runtime on every platform, and depends on the files of each. */
export function stageRuntime(runtime: string, platforms: readonly Platform[], folder: string): void {
  const version = runtimeVersionOf(runtime);
  mkdirSync(join(folder, "dist"), { recursive: true });
  for (const file of globSync("dist/*.{js,d.ts}", { cwd: runtime })) {
    const text = readFileSync(join(runtime, file), "utf8").replace(/^\/\/# sourceMappingURL=.*$/m, "");
    writeFileSync(join(folder, file), file === "dist/binding.js" ? withPlatformPackages(text) : text);
  }
  writeManifest(folder, {
    ...{ name: RUNTIME, version },
    description: "ONNX Runtime for Node: onnxruntime-node, with the native files of the machine that installs it and of no other",
    ...{ main: "dist/index.js", types: "dist/index.d.ts", files: ["dist"] },
    dependencies: { "onnxruntime-common": version },
    optionalDependencies: Object.fromEntries(platforms.map((platform) => [nameOf(platform), version])),
  });
  writeTexts(folder, `# ${RUNTIME}\n\nThe npm package onnxruntime-node ${version} by Microsoft, MIT, changed in one line: the native module comes from a package of its own for each platform, so that a machine installs the files of its own platform only (45 MB instead of 288 MB on Linux). The program [pickapic](https://www.npmjs.com/package/pickapic) uses it.\n`);
}

function withPlatformPackages(text: string): string {
  const changed = text.replace(LOADS, `\`${RUNTIME}-\${process.platform}-\${process.arch}/onnxruntime_binding.node\``);
  if (changed === text) throw new Error("onnxruntime-node loads its native module in another way than it used to: change LOADS in scripts/pack/runtime.ts.");
  return changed;
}

/** Stages the native files of a platform. */
export function stagePlatform(runtime: string, platform: Platform, folder: string): void {
  const { os, cpu } = platform;
  cpSync(platform.folder, folder, { recursive: true });
  writeManifest(folder, {
    ...{ name: nameOf(platform), version: runtimeVersionOf(runtime) },
    description: `The native files of ONNX Runtime for ${os} on ${cpu}`,
    ...{ os: [os], cpu: [cpu], exports: { "./onnxruntime_binding.node": "./onnxruntime_binding.node" } },
  });
  writeTexts(folder, `# ${nameOf(platform)}\n\nThe native files of the npm package onnxruntime-node by Microsoft, MIT, for one platform. Install ${RUNTIME} instead.\n`);
}

function writeManifest(folder: string, fields: Record<string, unknown>): void {
  const manifest = {
    ...fields,
    license: "MIT",
    repository: { type: "git", url: "git+https://github.com/Microsoft/onnxruntime.git" },
    publishConfig: { access: "public" },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

function writeTexts(folder: string, readme: string): void {
  writeFileSync(join(folder, "README.md"), readme);
  writeFileSync(join(folder, "LICENSE"), `MIT License\n\nCopyright (c) Microsoft Corporation\n\n${readFileSync(join(import.meta.dirname, "mit.txt"), "utf8")}`);
}
