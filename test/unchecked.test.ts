/**
 * @file How often the compiler is overruled outside of tests: `as`, `!` and `any` in each package, in scripts/ and in bench/ stay within a budget. The other
 * ways to overrule it do not occur in a package: comments that silence it, and the result of JSON.parse, which is `any`, under a declared type.
 */
import { describe, expect, test } from "vitest";
import { isNode, nodesIn, packageNames, type Source, type SyntaxNode, sourceOf, sourcesIn, sourcesOf } from "./support/syntax.ts";

/** Places in a thousand lines. `as const` overrules nothing and does not count. */
const MOST_PER_THOUSAND = 3;

/** Folders that are not there yet: what they have now, which may only fall. */
const NOT_YET: Readonly<Record<string, Partial<Record<"as" | "nonNull" | "silent", number>>>> = {
  bench: { silent: 1 },
  scripts: { silent: 8 },
};

interface Count {
  lines: number;
  as: number;
  nonNull: number;
  any: number;
  /** Comments that silence the compiler, and declared variables that take what JSON.parse returns. */
  silent: number;
}

function countOf(sources: readonly Source[]): Count {
  const count: Count = { lines: 0, as: 0, nonNull: 0, any: 0, silent: 0 };
  for (const { text, program, comments } of sources) {
    count.lines += text.split("\n").length - 1;
    count.silent += comments.filter(({ value }) => /@ts-(expect-error|ignore|nocheck)/.test(value)).length;
    for (const node of nodesIn(program)) {
      if (node.type === "TSAsExpression" && !isConst(node.typeAnnotation)) count.as++;
      if (node.type === "TSTypeAssertion") count.as++;
      if (node.type === "TSNonNullExpression") count.nonNull++;
      if (node.type === "TSAnyKeyword") count.any++;
      if (takesParsed(node)) count.silent++;
    }
  }
  return count;
}

const isConst = (type: unknown): boolean =>
  isNode(type) && type.type === "TSTypeReference" && isNode(type.typeName) && type.typeName.name === "const";

/** Whether a node is a variable such as `const settings: Settings = JSON.parse(text)`. A declared `unknown` overrules nothing. */
function takesParsed({ type, id, init }: SyntaxNode): boolean {
  if (type !== "VariableDeclarator" || !isNode(id) || !isNode(init)) return false;
  const { typeAnnotation: declared } = id;
  if (!isNode(declared) || (isNode(declared.typeAnnotation) && declared.typeAnnotation.type === "TSUnknownKeyword")) return false;
  const { callee } = init;
  return (
    isNode(callee) &&
    isNode(callee.object) &&
    isNode(callee.property) &&
    callee.object.name === "JSON" &&
    callee.property.name === "parse"
  );
}

describe.each([...packageNames(), "scripts", "bench"])("%s", (name) => {
  test("overrules the compiler in few places", () => {
    const count = countOf(name === "scripts" || name === "bench" ? sourcesIn(name) : sourcesOf(name));
    const most = Math.ceil((MOST_PER_THOUSAND * count.lines) / 1000);
    const { as = most, nonNull = most, silent = 0 } = NOT_YET[name] ?? {};
    expect(count.lines).toBeGreaterThan(30);
    expect(count.as, `as, in ${count.lines} lines`).toBeLessThanOrEqual(as);
    expect(count.nonNull, `!, in ${count.lines} lines`).toBeLessThanOrEqual(nonNull);
    expect(count.any, "any").toBe(0);
    expect(count.silent, "silenced").toBeLessThanOrEqual(silent);
  });
});

test("the count sees each kind once, and no `as const`", () => {
  const casts = "const a = b as string;\nconst c = d!.e;\nconst f = [1] as const;\nlet g: any;\nif (!h) i = <j>k;\n";
  const silent = "// @ts-expect-error: why\nconst l: M = JSON.parse(n);\nconst o: unknown = JSON.parse(p);\n";
  expect(countOf([sourceOf("a.ts", casts + silent)])).toEqual({ lines: 8, as: 2, nonNull: 1, any: 1, silent: 2 });
});
