import { expect, test } from "vitest";
import { withHead, withLateStyles } from "../../src/pagesPlugin.ts";
import { shortened } from "../../src/shell/head.ts";
import { NOT_FOUND, PAGES, pageAt, tabTitle } from "../../src/shell/pages.ts";

const all = [...Object.values(PAGES), NOT_FOUND];

test("every page has an address, a title and a description of its own", () => {
  for (const key of ["path", "title", "description"] as const)
    expect(new Set(all.map((page) => page[key])).size).toBe(all.length);
  expect(pageAt("/about")).toBe(PAGES.about);
  expect(pageAt("/nonsense")).toBe(NOT_FOUND);
});

test("a long title is cut between words, and one word is cut in the middle", () => {
  expect(shortened("short")).toBe("short");
  expect(shortened(`${"seven77 ".repeat(11)}`.trim())).toBe(`${"seven77 ".repeat(9)}seven77…`);
  expect(shortened("x".repeat(600))).toBe(`${"x".repeat(80)}…`);
  expect([...shortened("🦊".repeat(100))]).toHaveLength(81);
});

const TEMPLATE = `<head><title>x</title>
<meta name="description" content="" /><meta property="og:title" content="" />
<link rel="stylesheet" crossorigin href="/assets/a.css">
</head><body><div id="root">words</div>
    <noscript>n</noscript></body>`;

test("a built page has its own title and description, with what HTML needs escaped", () => {
  const page = withHead(TEMPLATE, { path: "/x", name: "X", title: 'A "<b>" & C', description: 'say "&"' });
  expect(page).toContain(`<title>${tabTitle("A &quot;&lt;b>&quot; &amp; C")}</title>`);
  expect(page).toContain('<meta name="description" content="say &quot;&amp;&quot;" />');
  expect(page).toContain('<meta property="og:title" content="A &quot;&lt;b>&quot; &amp; C" />');
});

test("the words of the page come before its style sheet", () => {
  const late = withLateStyles(TEMPLATE);
  expect(late.indexOf("stylesheet")).toBeGreaterThan(late.indexOf("words"));
  expect(late.match(/stylesheet/g)).toHaveLength(1);
  expect(() => withLateStyles("<html></html>")).toThrow(/style sheet/);
});
