import { failureOf } from "@pickapic/errors";
import { expect, test } from "vitest";
import { CliError } from "../src/errors.ts";

test("an error for the user keeps its sentence; wrong use ends with 2", () => {
  expect(failureOf(new CliError("PICKAPIC_CLI_NO_IMAGES", "None."))).toEqual({ message: "None.", exitCode: 1, bug: false });
  expect(failureOf(new CliError("PICKAPIC_USAGE_ARGUMENT", "Not so."))).toEqual({ message: "Not so.", exitCode: 2, bug: false });
});
