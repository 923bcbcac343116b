import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { pickapic } from "../terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "pickapic-cli-export-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const DATASET = join(import.meta.dirname, "../../../../fixtures/dataset/original");

test("the limits of `dataset export` hold for a dataset, and each says how many answers it left out", async () => {
  const out = join(folder, "limited");
  const written = ["dataset", "export", DATASET, "--format", "jsonl", "--out", out, "--json"];
  const whole = JSON.parse((await pickapic(written)).out);
  const limited = await pickapic([...written, "--force", "--max-per-person", "1", "--max-ties", "0"]);
  const { samples, leftOut } = JSON.parse(limited.out);
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((all, count) => all + count, 0);
  expect(leftOut.ofPerson).toBeGreaterThan(0);
  expect(sum(samples) + sum(leftOut)).toBe(sum(whole.samples));
  expect(limited.err).toContain(`Left out: ${leftOut.ofPerson} answers beyond --max-per-person.`);
});

test("an option that says something about an app only is refused with a dataset, instead of doing nothing", async () => {
  const out = join(folder, "refused");
  const ended = await pickapic(["dataset", "export", DATASET, "--format", "jsonl", "--out", out, "--seed", "0", "--disjoint-people"]);
  expect(ended).toEqual({
    code: 2,
    out: "",
    err: `pickapic: --seed and --disjoint-people have no effect on a dataset that exists, such as ${DATASET}: leave them out.\n`,
  });
}); // biome-ignore format: a command

test("`dataset export DATASET` writes the choices within limits as a dataset that is valid and holds out what was held out", async () => {
  const [whole, fewer] = [join(folder, "whole"), join(folder, "fewer")];
  expect(await pickapic(["dataset", "import", DATASET, whole, "--license", "mit", "--name", "Mine"])).toMatchObject({ code: 0 });
  const limits = ["--max-per-prompt", "1", "--max-ties", "0"];
  const limited = await pickapic(["dataset", "export", whole, "--out", fewer, ...limits, "--no-images", "--json"]);
  const { leftOut, splits, rankings } = JSON.parse(limited.out);
  expect(limited.code).toBe(0);
  expect(leftOut.ofPrompt).toBeGreaterThan(0);
  expect(limited.err).toContain(`Left out: ${leftOut.ofPrompt} answers beyond --max-per-prompt.`);
  expect(splits.validation_unique.rows).toBe(splits.validation.prompts);
  expect(await pickapic(["dataset", "validate", fewer])).toMatchObject({ code: 0 });
  const diff = JSON.parse((await pickapic(["dataset", "diff", whole, fewer, "--json"])).out);
  expect(diff.counts).toMatchObject({ added: 0, changed: 0, same: rankings });
  const card = await readFile(join(fewer, "README.md"), "utf8");
  for (const text of ['pretty_name: "Mine"', 'license: "mit"', "Of each prompt only the first 1 rankings are taken."]) expect(card).toContain(text);
  expect(card).not.toContain("(Seed");
  const again = join(folder, "again");
  const named = ["--name", "Other", "--license", "none", "--release", "7"];
  expect(await pickapic(["dataset", "export", fewer, "--out", again, ...named])).toMatchObject({ code: 0 });
  const second = await readFile(join(again, "README.md"), "utf8");
  for (const text of ['pretty_name: "Other"', 'license: "unknown"', "release: 7", "Of each prompt only the first 1 rankings are taken."])
    expect(second).toContain(text);
  const none = ["dataset", "export", whole, "--out", join(folder, "none"), "--to", "1990-01-01"];
  expect(await pickapic(none)).toMatchObject({ code: 1, err: expect.stringContaining("has no ranking within the limits: all") });
  expect(existsSync(join(folder, "none"))).toBe(false);
}); // biome-ignore format: commands
