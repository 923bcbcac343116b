import { mkdtempSync, rmSync } from "node:fs";
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
