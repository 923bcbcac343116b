/** @file A plugin of the build: one HTML file for each address, with its own title and description, and words before the style sheet. */
import type { Plugin } from "vite";
import { NOT_FOUND, PAGES, type PageInfo, tabTitle } from "./shell/pages.ts";

/** The server puts its own address here (packages/server/src/pages/files.ts): previews of links need whole addresses. */
const SITE = "https://site.invalid";

/**
 * Writes about.html and so on beside index.html, and 404.html, which the server sends for unknown addresses.
 * @public vite.config.ts uses it, which is no part of the program.
 */
export function onePagePerAddress(): Plugin {
  return {
    name: "one-page-per-address",
    enforce: "post",
    apply: "build",
    generateBundle(_options, bundle) {
      const index = bundle["index.html"];
      if (index?.type !== "asset") throw new Error("one-page-per-address: expected index.html among the built files");
      const template = withLateStyles(String(index.source));
      index.source = withHead(template, PAGES.judge);
      for (const page of [...Object.values(PAGES), NOT_FOUND]) {
        if (page.path === "/") continue;
        this.emitFile({ type: "asset", fileName: `${page.path.slice(1)}.html`, source: withHead(template, page) });
      }
    },
  };
}

/**
 * The style sheet behind the words that stand in the page from the start: a browser paints nothing that follows a style sheet before the sheet
 * is there, which takes seconds on a slow network.
 */
export function withLateStyles(html: string): string {
  const sheets = html.match(/[ \t]*<link rel="stylesheet"[^>]*>\n?/g) ?? [];
  if (sheets.length === 0) throw new Error("one-page-per-address: expected a style sheet in index.html, found none");
  const without = sheets.reduce((rest, sheet) => rest.replace(sheet, ""), html);
  return without.replace(/[ \t]*<noscript>/, (noscript) => `${sheets.join("")}${noscript}`);
}

/** The page with title, description and what previews of links show. */
export function withHead(html: string, { path, title, description }: PageInfo): string {
  const contents: Record<string, string> = {
    'name="description"': description,
    'property="og:title"': title,
    'property="og:description"': description,
    'property="og:url"': SITE + path,
  };
  const titled = html.replace(/<title>.*<\/title>/, `<title>${escaped(tabTitle(title))}</title>`);
  return Object.entries(contents).reduce(
    (page, [meta, content]) => page.replace(`<meta ${meta} content=""`, `<meta ${meta} content="${escaped(content)}"`),
    titled,
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
