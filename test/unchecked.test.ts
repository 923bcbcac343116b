/** @file How often the compiler is overruled: `as`, `!` and `any` in the sources of each package stay within a budget. */
import { describe, expect, test } from "vitest";
import { isNode, nodesIn, packageNames, type Source, sourceOf, sourcesOf } from "./support/syntax.ts";

/** Places in a thousand lines. `as const` overrules nothing and does not count. */
const MOST_PER_THOUSAND = 3;

/** Packages that are not there yet: what they have now, which may only fall. */
const NOT_YET: Readonly<Record<string, Partial<Record<"as" | "nonNull", number>>>> = {};

interface Count {
  lines: number;
  as: number;
  nonNull: number;
  any: number;
}

function countOf(sources: readonly Source[]): Count {
  const count = { lines: 0, as: 0, nonNull: 0, any: 0 };
  for (const { text, program } of sources) {
    count.lines += text.split("\n").length - 1;
    for (const node of nodesIn(program)) {
      if (node.type === "TSAsExpression" && !isConst(node.typeAnnotation)) count.as++;
      if (node.type === "TSTypeAssertion") count.as++;
      if (node.type === "TSNonNullExpression") count.nonNull++;
      if (node.type === "TSAnyKeyword") count.any++;
    }
  }
  return count;
}

const isConst = (type: unknown): boolean =>
  isNode(type) && type.type === "TSTypeReference" && isNode(type.typeName) && type.typeName.name === "const";

describe.each(packageNames())("%s", (name) => {
  test("overrules the compiler in few places", () => {
    const count = countOf(sourcesOf(name));
    const most = Math.ceil((MOST_PER_THOUSAND * count.lines) / 1000);
    const { as = most, nonNull = most } = NOT_YET[name] ?? {};
    expect(count.lines).toBeGreaterThan(30);
    expect(count.as, `as, in ${count.lines} lines`).toBeLessThanOrEqual(as);
    expect(count.nonNull, `!, in ${count.lines} lines`).toBeLessThanOrEqual(nonNull);
    expect(count.any, "any").toBe(0);
  });
});

test("the count sees each kind once, and no `as const`", () => {
  const source = sourceOf(
    "a.ts",
    "const a = b as string;\nconst c = d!.e;\nconst f = [1] as const;\nlet g: any;\nif (!h) i = <j>k;\n",
  );
  expect(countOf([source])).toEqual({ lines: 5, as: 2, nonNull: 1, any: 1 });
});
