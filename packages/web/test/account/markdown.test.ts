import { expect, test } from "vitest";
import { parseMarkdown } from "../../src/account/markdown.tsx";

test("the consent text becomes headings, paragraphs and lists, and nothing of it is lost", () => {
  const blocks = parseMarkdown("## Title\nFirst\nline.\n\nLead:\n- one\n  more\n- **two**\n\nEnd.");
  expect(blocks).toEqual([
    { kind: "heading", text: "Title" },
    { kind: "paragraph", text: "First line." },
    { kind: "paragraph", text: "Lead:" },
    { kind: "list", items: ["one more", "**two**"] },
    { kind: "paragraph", text: "End." },
  ]);
});
