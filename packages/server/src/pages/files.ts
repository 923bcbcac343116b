/** @file Lists the built pages once at the start. Only listed files can be requested, whatever an address contains. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** The file at an address of the pages. */
export type PageFile =
  /** An HTML page with its text, because the origin of the site is filled in when it is sent. */
  | { kind: "page"; html: string }
  /** Any other file, by its path below the folder. */
  | { kind: "file"; path: string };

/** The built pages. */
export interface PageFiles {
  /** Files by their addresses, such as "/", "/about" or "/assets/index-x.js". */
  readonly files: ReadonlyMap<string, PageFile>;
  /** The HTML that unknown addresses get. */
  readonly notFound: string;
}

/** Stands for the origin of the site in the built pages. Link previews need absolute URLs, which are not known when the pages are built. */
const SITE = "https://site.invalid";

/** Lists the pages of a folder: index.html is "/", about.html is "/about", and 404.html is for unknown addresses. Null if nothing is built there. */
export function readPages(folder: string): PageFiles | null {
  const paths = filesBelow(folder);
  if (!paths.includes("index.html")) return null;
  const files = new Map(paths.map((path): [string, PageFile] => [addressOf(path), fileAt(folder, path)]));
  const page = files.get("/404") ?? files.get("/");
  files.delete("/404");
  return { files, notFound: page?.kind === "page" ? page.html : "" };
}

/** Returns the paths of all files below a folder, with "/" as separator and without hidden files. */
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

/** Returns the HTML of a page for the site at `origin`, such as https://pick.example.org. */
export function withOrigin(html: string, origin: string): string {
  return html.replaceAll(SITE, origin.replaceAll('"', "%22"));
}
