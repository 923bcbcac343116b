import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DATASET_ERRORS, DatasetError } from "../src/errors.ts";

test("every code is PICKAPIC_DATASET_ and its name, and the README lists them all", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const [name, code] of Object.entries(DATASET_ERRORS)) {
    expect(code).toBe(`PICKAPIC_DATASET_${name}`);
    expect(readme).toContain(`\`${name}\``);
  }
});

test("an error carries its code and its sentence", () => {
  expect(new DatasetError("EMPTY", "Nothing there.")).toMatchObject({
    name: "DatasetError",
    code: "PICKAPIC_DATASET_EMPTY",
    message: "Nothing there.",
  });
});
