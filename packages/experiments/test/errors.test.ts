import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { EXPERIMENT_ERRORS } from "../src/errors.ts";

test("the README lists every code with its meaning", () => {
  const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(PICKAPIC_\w+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(rows)).toEqual(EXPERIMENT_ERRORS);
});
