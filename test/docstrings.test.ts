/** @file Every exported function, class, type and component says above itself what it is. */
import { describe, expect, test } from "vitest";
import { isNode, lineOf, nodesIn, packageNames, type Source, sourceOf, sourcesOf } from "./support/syntax.ts";

/** The exported declarations of a file that have no comment right above them, each as "file:line". */
function undocumented({ file, text, program }: Source): string[] {
  return [...nodesIn(program.body)]
    .filter((node) => node.type === "ExportNamedDeclaration" && isNode(node.declaration))
    .filter(({ start }) => !/(\*\/|^\s*\/\/.*)$/m.test(text.slice(0, start).trimEnd().split("\n").at(-1) ?? ""))
    .map(({ start }) => `${file}:${lineOf(text, start)}`);
}

describe.each(packageNames())("%s", (name) => {
  test("has a docstring for each export", () => {
    const found = sourcesOf(name).flatMap(undocumented);
    expect(found).toEqual([]);
  });
});

test("the check can fail: an export without a comment is found", () => {
  const text =
    '/** One. */\nexport const a = 1;\nexport interface B {}\n// Three.\nexport function c(): void {}\nexport type { D } from "d";\n';
  expect(undocumented(sourceOf("x.ts", text))).toEqual(["x.ts:3"]);
});
