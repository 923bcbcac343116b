import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fixtureJson, type Golden } from "./fixtures.ts";

test("the README's example runs, and prints what transformers says of a model and a picture of the fixtures", () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(import.meta.dirname, "../README.md"), "utf8"))![1]!;
  const root = join(import.meta.dirname, "../../..");
  const code = example
    .replace('modelFolder("clip-toy")', '"fixtures/clip/quickgelu"')
    .replace("decodePicture(red)", 'decodePicture("fixtures/clip/pictures/rgb.png")');
  const printed = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", code], { cwd: root, encoding: "utf8" });
  const { texts, pictures, logits } = fixtureJson<Golden>("quickgelu/golden.json");
  const expected = logits[texts.indexOf("a red cat")]![pictures.indexOf("rgb.png")]!;
  expect(Number(printed)).toBeCloseTo(expected, 2);
});
