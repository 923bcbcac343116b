import { readFileSync } from "node:fs";
import { failureOf } from "@pickapic/errors";
import { expect, test } from "vitest";
import { CLI_ERRORS, CliError } from "../src/errors.ts";

test("the README lists every code with its meaning", () => {
  const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(PICKAPIC_\w+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(rows)).toEqual(CLI_ERRORS);
});

test("an error for the user keeps its sentence; wrong use ends with 2", () => {
  expect(failureOf(new CliError("PICKAPIC_CLI_NO_IMAGES", "None."))).toEqual({ message: "None.", exitCode: 1, bug: false });
  expect(failureOf(new CliError("PICKAPIC_USAGE_ARGUMENT", "Not so."))).toEqual({ message: "Not so.", exitCode: 2, bug: false });
});
