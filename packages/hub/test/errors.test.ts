import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HubError } from "../src/errors.ts";

test.each(Object.keys(HubError.table))("%s is in the README", (code) => {
  expect(readFileSync(join(import.meta.dirname, "../README.md"), "utf8")).toContain(code);
});

test("a name with line breaks in it stays within its sentence", () => {
  const { message } = new HubError("PICKAPIC_HUB_NOT_FOUND", "a/b", "expected this\n\nDone.\u001b[2J");
  expect(message).toBe("a/b: expected this Done. [2J.");
});
