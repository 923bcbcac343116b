/** @file The built pages as a table made once at the start: what is not in it does not exist, wherever an address points. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** What stands at an address of the pages. */
export type PageFile =
  /** A page, whole: its bytes depend on the address that people type. */
  | { kind: "page"; html: string }
  /** Any other file, by its path below the folder. */
  | { kind: "file"; path: string };

export interface PageFiles {
  /** By address, such as "/", "/about" or "/assets/index-x.js". */
  readonly files: ReadonlyMap<string, PageFile>;
  /** What an unknown address shows. */
  readonly notFound: string;
}

/** In the pages this stands for the address of the site: previews of links need whole addresses. */
const SITE = "https://site.invalid";

/** The table of a folder; null when nothing is built there. index.html is "/", about.html is "/about", and 404.html is for unknown addresses. */
export function readPages(folder: string): PageFiles | null {
  const paths = filesBelow(folder);
  if (!paths.includes("index.html")) return null;
  const files = new Map(paths.map((path): [string, PageFile] => [addressOf(path), fileAt(folder, path)]));
  const page = files.get("/404") ?? files.get("/");
  files.delete("/404");
  return { files, notFound: page?.kind === "page" ? page.html : "" };
}

/** Paths with "/", hidden files left out. */
function filesBelow(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .filter((path) => !path.split("/").some((name) => name.startsWith(".")));
}

function addressOf(path: string): string {
  return `/${path.replace(/(^index)?\.html$/, "")}`;
}

function fileAt(folder: string, path: string): PageFile {
  return path.endsWith(".html") ? { kind: "page", html: readFileSync(join(folder, path), "utf8") } : { kind: "file", path };
}

/** A page for the site at `origin`, such as https://pick.example.org. */
export function withOrigin(html: string, origin: string): string {
  return html.replaceAll(SITE, origin.replaceAll('"', "%22"));
}
