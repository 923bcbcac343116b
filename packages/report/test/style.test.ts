import { expect, test } from "vitest";
import { page } from "../src/index.ts";

test("the colours of a key and of a matrix are kept on paper, where browsers leave out backgrounds", () => {
  const [, paper = ""] = page("a report", []).split("@media print");
  const kept = /\*\/([^{}]*)\{ print-color-adjust: exact;/.exec(paper)?.[1] ?? "";
  expect(kept.split(",").map((selector) => selector.trim())).toEqual([".key i", "td[style]"]);
});
