import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pickapic } from "./terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "pickapic-cli-places-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "a.json");
writeFileSync(file, "{}\n");
const DATASET = join(import.meta.dirname, "../../../fixtures/dataset/original");

/** FOLDER and FILE stand for a folder and a file that exist. */
const WRONG: [command: string, sentence: RegExp][] = [
  ["judge key list --keys FOLDER", /^The file of keys \S+ cannot be used: it is a folder\.$/],
  ["judge key add x --keys FOLDER", /: it is a folder\.$/],
  ["judge key revoke x --keys FOLDER", /: it is a folder\.$/],
  ["judge serve --port 0 --scorer colour-sharpness --keys FOLDER", /: it is a folder\.$/],
  ["judge serve --port 0 --scorer colour-sharpness --calibration FOLDER", /cannot be used: it is a folder/],
  ["judge serve --port 0 --scorer colour-sharpness --votes FILE", /is not a dataset: it is a file/],
  ["evaluate ranking --prompts 2 --templates FOLDER", /cannot be read \(it is a folder\): check the path\.$/],
  ["generate x --models FOLDER", /cannot be read \(it is a folder\): check the path\.$/],
  ["generate x --best-of 2 --templates FOLDER", /cannot be read \(it is a folder\): check the path\.$/],
  ["models check --models FOLDER", /cannot be read \(it is a folder\): check the path\.$/],
  ["serve --port 0 --models FOLDER", /cannot be read \(it is a folder\): check the path\.$/],
  ["serve --port 0 --data FILE", /cannot be written \(there is a file where a folder was expected\): make it writable/],
  ["evaluate scorer DATASET --scorer random --experts FOLDER", /it is a folder; expected a \.csv/],
  ["evaluate scorer DATASET --scorer file:FOLDER", /there is no file /],
  ["evaluate scorer DATASET --scorer aesthetic:FILE", /there is no folder /],
  ["evaluate scorer FILE --scorer random", /is not a dataset: it is a file/],
  ["evaluate images FOLDER FOLDER --prompts FOLDER", /it is a folder; expected a \.csv/],
  ["score --input FOLDER", /it is a folder; expected a \.csv/],
  ["dataset from-csv FOLDER --out new", /it is a folder; expected a \.csv/],
  ["dataset stats DATASET --format html --output FOLDER", /is a folder where a file was expected: choose another path\.$/],
  ["dataset export DATASET --format jsonl --out FILE", /is a file; give a folder that is new or empty\.$/],
  ["dataset pull a/b FILE", /give a folder that is new or empty\.$/],
  ["model info FILE", /but it is a file: give the folder that it lies in\.$/],
];

test.each(WRONG)("`%s` is refused with one sentence that has no code of the system in it", async (command, sentence) => {
  const places = { FOLDER: folder, FILE: file, DATASET };
  const words = Object.entries(places)
    .reduce((text, [name, path]) => text.replaceAll(name, path), command)
    .split(" ");
  const { code, err } = await pickapic(words, { env: { HF_HUB_OFFLINE: "1" } });
  const told = err.trimEnd().split("\n").at(-1) ?? "";
  expect(code).toBeGreaterThan(0);
  expect(told.replace(/^pickapic: /, "")).toMatch(sentence);
  expect(err).not.toMatch(/\bE(ISDIR|NOTDIR|NOENT)\b|\n\s+at /);
});
