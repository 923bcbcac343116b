import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ClipError, few } from "../src/errors.ts";

const read = (folder: string) =>
  readdirSync(join(import.meta.dirname, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && name !== "errors.ts" && name !== "errors.test.ts")
    .map((name) => readFileSync(join(import.meta.dirname, folder, name), "utf8"))
    .join("\n");

test.each(Object.keys(ClipError.table))("%s is thrown somewhere and is in the README", (code) => {
  expect(read("../src")).toContain(`"${code}"`);
  expect(readFileSync(join(import.meta.dirname, "../README.md"), "utf8")).toContain(code);
});

test("a long list is cut in words", () => {
  expect([few(["a"]), few(["a", "b", "c"], 2)]).toEqual(["a", "a, b and 1 more"]);
});

test("a name with line breaks in it stays within its sentence", () => {
  const { message } = new ClipError("PICKAPIC_CLIP_TENSORS_WRONG", "model", "missing: a\n\nDone.\u001b[2J");
  expect(message).toBe("model: missing: a Done. [2J.");
});
