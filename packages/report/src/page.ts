/** @file The HTML page around a report: one file that needs no other, and that may load and run nothing. */
import { Html, html } from "./html.ts";
import { STYLE } from "./style.ts";

/** Content security policy: the page may show its own images and its own style, nothing else. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Returns a whole HTML document. A number and its unit stay on one line. */
export function page(title: string, sections: readonly Html[], style = STYLE): string {
  const { markup } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body><main>${sections}</main></body>
</html>
`;
  return markup.replace(/(\d) %/g, "$1\u00a0%");
}
