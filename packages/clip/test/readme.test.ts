import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixtureJson, type Golden } from "./fixtures.ts";

test("the README's example runs, and prints what transformers says", () => {
  const code = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(import.meta.dirname, "../README.md"), "utf8"))![1]!;
  const root = join(import.meta.dirname, "../../..");
  const printed = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", code], { cwd: root, encoding: "utf8" });
  const { texts, pictures, logits } = fixtureJson<Golden>("quickgelu/golden.json");
  const expected = logits[texts.indexOf("a red cat")]![pictures.indexOf("rgb.png")]!;
  expect(Number(printed)).toBeCloseTo(expected, 2);
});
