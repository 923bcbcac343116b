import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CLI_ERRORS, CliError, failureOf } from "../src/errors.ts";

test("the README lists every code with its meaning", () => {
  const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const rows = [...text.matchAll(/^\| `(PICKAPIC_\w+)` \| (.*) \|$/gm)].map(([, code, meaning]) => [code, meaning]);
  expect(Object.fromEntries(rows)).toEqual(CLI_ERRORS);
});

test("an error for the user keeps its sentence; wrong use ends with 2", () => {
  expect(failureOf(new CliError("PICKAPIC_CLI_NO_IMAGES", "None."))).toEqual({ message: "None.", exitCode: 1, bug: false });
  expect(failureOf(new CliError("PICKAPIC_USAGE_ARGUMENT", "Not so."))).toEqual({ message: "Not so.", exitCode: 2, bug: false });
});

test("what the operating system refuses becomes a sentence that says what to do", () => {
  const refused = (code: string, more: object) => failureOf(Object.assign(new Error("x"), { code, ...more }));
  expect(refused("ENOSPC", {})).toMatchObject({ message: expect.stringContaining("disk is full"), exitCode: 1, bug: false });
  expect(refused("EACCES", { path: "/root/x" }).message).toBe(
    "No permission to use /root/x: choose another place or change its permissions.",
  );
  expect(refused("EADDRINUSE", { address: "::1", port: 3000 }).message).toContain("::1:3000");
});

test("anything else is a mistake of ours", () => {
  expect(failureOf(new TypeError("x is not a function"))).toEqual({ message: "x is not a function", exitCode: 1, bug: true });
  expect(failureOf("a text")).toEqual({ message: "a text", exitCode: 1, bug: true });
});
