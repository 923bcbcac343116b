/**
 * @file Builds every package of packages/ and the command `pickapic` for publishing, as tarballs in dist-pack/, and lists their sizes. `--here` packs
 * native files for this platform only; `--check` also installs the tarballs in an empty folder and tries them there.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildWeb, isBuilt } from "../../packages/web/src/index.ts";
import { bundleCommand, writeCommandManifest } from "./command.ts";
import { compile, findPackages, type Package, stage, versionsOf } from "./libraries.ts";
import { foldersOf, foldersOfPages, licencesText } from "./licenses.ts";
import { databases, type NativePackage, type Platform, runtimes } from "./native.ts";
import { packAll, sizesTable } from "./tarballs.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const OUT = join(ROOT, "dist-pack");
const STAGED = join(OUT, "staged");
const THIRD_PARTY = "THIRD-PARTY-LICENSES.txt";

const say = (sentence: string) => process.stderr.write(`${sentence}\n`);

/** Stages the library packages. @returns their folders */
function libraries(packages: readonly Package[]): string[] {
  const compiled = join(OUT, "compiled");
  compile(ROOT, compiled);
  return packages.map((each) => {
    const folder = join(STAGED, basename(each.home));
    stage(each, versionsOf(packages), compiled, folder, ROOT);
    return folder;
  });
}

/** Stages the command. @returns its folder */
async function command(
  packages: readonly Package[],
  pages: readonly string[],
  natives: readonly NativePackage[],
): Promise<string> {
  const folder = join(STAGED, "pickapic");
  const { thirdParty } = await bundleCommand(ROOT, packages, folder);
  const cli = packages.find(({ manifest }) => manifest.bin);
  if (!cli) throw new Error('No package has a "bin": the command is missing.');
  writeCommandManifest(folder, cli, rangeIn(packages), natives, ROOT);
  const icons = join(ROOT, "node_modules/@iconify-json/fluent-emoji-flat");
  writeFileSync(join(folder, THIRD_PARTY), licencesText([...foldersOf(thirdParty), ...pages, icons]));
  return folder;
}

/** Returns how to find the range of a dependency of our packages. */
const rangeIn =
  (packages: readonly Package[]) =>
  (name: string): string => {
    const range = packages.map(({ manifest }) => manifest.dependencies?.[name]).find(Boolean);
    if (!range) throw new Error(`No package depends on ${name}, which the command needs.`);
    return range;
  };

/** Stages native packages. @param here whether only those for this platform @returns their folders */
const stageNatives = (natives: readonly (NativePackage & Platform)[], here: boolean): string[] =>
  natives
    .filter(({ os, cpu }) => !here || (os === process.platform && cpu === process.arch))
    .map(({ name, stage: write }) => {
      const folder = join(STAGED, basename(name));
      mkdirSync(folder, { recursive: true });
      write(folder);
      return folder;
    });

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: "boolean", default: false }, here: { type: "boolean", default: false } },
  });
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  if (!isBuilt()) {
    say("Building the pages ...");
    await buildWeb();
  }
  const packages = findPackages(join(ROOT, "packages"));
  const web = packages.find(({ home }) => basename(home) === "web");
  const pages = foldersOfPages(ROOT, Object.keys(web?.manifest.dependencies ?? {}));
  say(`Compiling ${packages.length} packages ...`);
  const folders = libraries(packages);
  writeFileSync(join(STAGED, "web", THIRD_PARTY), licencesText(pages));
  say("Bundling the command ...");
  const natives = [...runtimes(ROOT), ...databases(ROOT, runtimes(ROOT))];
  folders.push(await command(packages, pages, natives), ...stageNatives(natives, values.here || values.check));
  say("Packing ...");
  const tarballs = packAll(folders, OUT);
  process.stdout.write(`${sizesTable(tarballs)}\n`);
  if (values.check) {
    const { check } = await import("./check/check.ts");
    process.exitCode = (await check(OUT, tarballs, packages)) ? 0 : 1;
  }
}

await main();
