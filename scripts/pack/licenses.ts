/** @file The licences of other people's work that lies in a published package. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

interface Installed {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies: readonly string[];
}

/** Packages of pictures and typefaces that the pages show, besides what their scripts import. */
const IN_PAGES = ["@fontsource-variable/figtree", "@fontsource-variable/bricolage-grotesque"];

/** The folders of the packages that files under node_modules belong to. */
export const foldersOf = (files: readonly string[]): string[] => [
  ...new Set(files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? "")),
];

/** The folders of the packages that the built pages may contain: the dependencies of the pages and theirs. More than are there, never fewer. */
export function foldersOfPages(root: string, dependencies: readonly string[]): string[] {
  const found = new Map<string, Installed>();
  const waiting = [...dependencies, ...IN_PAGES].filter((name) => !name.startsWith("@pickapic/"));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const folder = join(root, "node_modules", name);
    if (found.has(name) || !existsSync(folder)) continue;
    const installed = readPackage(folder);
    found.set(name, installed);
    waiting.push(...installed.dependencies);
  }
  return [...found.values()].map(({ folder }) => folder);
}

function readPackage(folder: string): Installed {
  const { name, version, license, licenses, dependencies = {} } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const named = license?.type ?? license ?? licenses?.map(({ type }: { type: string }) => type).join(" or ");
  return { folder, name, version, license: named ?? "see its text", dependencies: Object.keys(dependencies) };
}

/** The text of THIRD-PARTY-LICENSES.txt: packages with their versions and licences, and below them the text that they have in common. */
export function licencesText(folders: readonly string[]): string {
  const byText = Map.groupBy(folders.map(homeOf).map(readPackage), ({ folder }) => textsOf(folder));
  const entries = [...byText].map(([text, packages]) => {
    const names = new Set(packages.map(({ name, version, license }) => `${name} ${version} (${license})`).sort());
    return `${[...names].join("\n")}\n\n${text || "The packages have no text of their licence."}`;
  });
  return `This package contains the work of others, under these licences:\n\n${entries.sort().join(`\n\n${"-".repeat(78)}\n\n`)}\n`;
}

/** The folder of the package whose package.json has a name: some packages have further ones inside. */
const homeOf = (folder: string): string => (existsSync(join(folder, "package.json")) ? folder : homeOf(dirname(folder)));

const textsOf = (folder: string): string =>
  globSync("*", { cwd: folder })
    .filter((file) => /^(licen[cs]e|copying|notice)/i.test(basename(file)) && !file.endsWith(".js"))
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").trim())
    .join("\n\n");
