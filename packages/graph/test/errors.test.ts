/** @file The error table. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GraphError } from "../src/index.ts";

test("every code is named for this package and is in the README", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const code of Object.keys(GraphError.table)) {
    expect(code).toMatch(/^PICKAPIC_GRAPH_[A-Z_]+$/);
    expect(readme).toContain(`\`${code}\``);
  }
});

test("an error for the user has a code; its text does not repeat it", () => {
  const error = new GraphError("PICKAPIC_GRAPH_DEVICE_MISSING", "dml", "it is no Windows", "Choose another.");
  expect([error.name, error.code, error.message]).toEqual([
    "GraphError",
    "PICKAPIC_GRAPH_DEVICE_MISSING",
    'device "dml" cannot be used on this machine: it is no Windows. Choose another.',
  ]);
});
