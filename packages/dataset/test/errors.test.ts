import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DatasetError } from "../src/errors.ts";

test("every code begins with PICKAPIC_DATASET_, and the README lists the rest of each", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const code of Object.keys(DatasetError.table)) {
    expect(code).toMatch(/^PICKAPIC_DATASET_[A-Z_]+$/);
    expect(readme).toContain(`\`${code.replace("PICKAPIC_DATASET_", "")}\``);
  }
});

test("an error carries its code and its sentence", () => {
  expect(new DatasetError("PICKAPIC_DATASET_EMPTY", "Nothing there.")).toMatchObject({
    name: "DatasetError",
    code: "PICKAPIC_DATASET_EMPTY",
    message: "Nothing there.",
  });
});
