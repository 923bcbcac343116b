import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { expect, test } from "vitest";
import { assemble, moduleOf, programs } from "../scripts/make-wasm.ts";

test("there are programs for WebAssembly", () => expect(programs().length).toBeGreaterThanOrEqual(2));

test.each(programs().map((wat) => [relative(".", wat), wat]))("what lies beside %s is made from it", async (_name, wat) => {
  expect(readFileSync(moduleOf(wat)).equals(await assemble(wat))).toBe(true);
});
