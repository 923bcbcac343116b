/** @file The table of errors and the README say the same. */

import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { GENERATION_ERRORS, GenerationError, type GenerationErrorCode } from "../src/index.ts";

test("every code starts with PICKAPIC_, has an HTTP status, and is in the README with it", async () => {
  const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
  const listed = [...readme.matchAll(/^\| `(PICKAPIC_\w+)` \| (\d+) \|/gm)].map((match) => [match[1], Number(match[2])]);
  expect(Object.fromEntries(listed)).toEqual(GENERATION_ERRORS);
  for (const code of Object.keys(GENERATION_ERRORS)) expect(code).toMatch(/^PICKAPIC_[A-Z_]+$/);
});

test("an error carries its code and status", () => {
  const code: GenerationErrorCode = "PICKAPIC_MODEL_UNKNOWN";
  expect(new GenerationError(code, "Text.")).toMatchObject({ name: "GenerationError", code, status: 404, message: "Text." });
});
