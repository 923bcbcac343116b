import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CLIP_ERRORS, few } from "../src/errors.ts";

const read = (folder: string) =>
  readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && name !== "errors.ts" && name !== "errors.test.ts")
    .map((name) => readFileSync(join(import.meta.dirname, folder, name), "utf8"))
    .join("\n");

test.each(Object.keys(CLIP_ERRORS))("%s is thrown somewhere and is in the README", (code) => {
  expect(read("../src")).toContain(`"${code}"`);
  expect(readFileSync(join(import.meta.dirname, "../README.md"), "utf8")).toContain(code);
});

test("a long list is cut in words", () => {
  expect([few(["a"]), few(["a", "b", "c"], 2)]).toEqual(["a", "a, b and 1 more"]);
});
