import { expect, test } from "vitest";
import { target } from "../scripts/mutation.ts";

test.each([
  ["packages/disk", "packages/disk/src/**/*.{ts,tsx}"],
  ["./packages/disk/", "packages/disk/src/**/*.{ts,tsx}"],
  ["packages/disk/src", "packages/disk/src/**/*.{ts,tsx}"],
  ["packages/disk/src/inner/", "packages/disk/src/inner/**/*.{ts,tsx}"],
  ["packages/disk/src/lock.ts", "packages/disk/src/lock.ts"],
  ["packages/disk/src/page.tsx", "packages/disk/src/page.tsx"],
])("mutation testing of %s changes %s", (path, files) => {
  expect(target(path)).toEqual({ package: "packages/disk", files });
});

test.each([
  "",
  "packages",
  "src",
  "packages/disk/test",
  "packages/disk/srcs",
  "other/packages/disk",
  "packages/disk/src/../test",
])("mutation testing refuses %j", (path) => expect(target(path)).toBeUndefined());
