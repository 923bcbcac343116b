import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeDataset } from "@pickapic/dataset";
import { collect } from "@pickapic/experiments/collect";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { pickapic } from "./terminal.ts";

let root = "";
let data = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "pickapic-evaluate-"));
  data = join(root, "data");
  const effects = { signal: new AbortController().signal, onProgress() {} };
  const { source } = await collect({ seed: 4, rankings: 60, answersPerPrompt: 2, promptsPerPerson: 1, size: 24 }, effects);
  await writeDataset(source, data, { images: true, seed: 1, name: "test", heldOutPrompts: 20, heldOutShare: 0.5 });
}, 60_000);
afterAll(() => rm(root, { recursive: true, force: true }));

const models = (...words: string[]) =>
  pickapic(["evaluate", "models", data, "--scorer", "colour-sharpness", "--split", "train", ...words]);

describe("evaluate models", () => {
  /** The guidance bins of the configurations in the JSON. */
  const binsOf = (out: string): string[] => {
    const report = JSON.parse(out) as { people: { configurations: { ratings: { player: string }[] } } };
    const bins = report.people.configurations.ratings.map(({ player }) => player.split(", guidance ")[1] ?? "");
    return [...new Set(bins)].sort();
  };

  test("takes all the edges that were typed, in any order, and 6 and 9 where none was", async () => {
    expect(binsOf((await models("--json", "--edges", "6", "9", "12")).out)).toEqual(["6-9", "9-12", "under 6"]);
    expect(binsOf((await models("--json", "--edges", "9", "6", "6")).out)).toEqual(["6-9", "from 9", "under 6"]);
    expect(binsOf((await models("--json", "--edges", "8")).out)).toEqual(["from 8", "under 8"]);
    expect(binsOf((await models("--json")).out)).toEqual(["6-9", "from 9", "under 6"]);
  });

  test("prints ranks as ranges, and how ratings were made", async () => {
    const { code, out } = await models();
    expect(code).toBe(0);
    expect(out).toMatch(/model +people +95 % interval +rank +games/);
    expect(out).toMatch(/toy-xl +\d+ .*\d(–\d)? /);
    expect(out).toContain("by a jackknife over");
    expect(out).not.toMatch(/NaN|null|undefined/);
  });
});

test("evaluate scorer of too few examples says so in one sentence instead of a share", async () => {
  const { code, out } = await pickapic(["evaluate", "scorer", data, "--scorer", "colour-sharpness"]);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^No accuracy can be given for test_unique: too few examples \(\d+\), at least 30 are needed\. Collect more rankings, then export again\.\n$/,
  );
  const json = JSON.parse((await pickapic(["evaluate", "scorer", data, "--scorer", "colour-sharpness", "--json"])).out);
  expect(json.scorers[0]).toMatchObject({ accuracy: null, interval: null, reason: expect.stringContaining("too few examples") });
});

test("evaluate scorer measures test where test_unique is too small, and says so", async () => {
  const folder = join(root, "repeated");
  const effects = { signal: new AbortController().signal, onProgress() {} };
  const { source } = await collect({ seed: 5, rankings: 240, answersPerPrompt: 8, promptsPerPerson: 1, size: 24 }, effects);
  await writeDataset(source, folder, { images: true, seed: 1, name: "test", heldOutPrompts: 20, heldOutShare: 0.9 });
  const words = ["evaluate", "scorer", folder, "--scorer", "colour-sharpness"];
  const json = JSON.parse((await pickapic([...words, "--json"])).out);
  expect(json.splits).toEqual({ validation: "validation", test: "test" });
  expect(json.examples).toBeGreaterThanOrEqual(30);
  expect(json.scorers[0].protocol).toMatch(/on test \(\d+ examples.* on validation \(\d+ examples\).* over 10 clusters/);
  const { out } = await pickapic(words);
  expect(out).toContain(
    `test_unique has too few rankings to tell a share from, so all ${json.examples} rankings of test were measured.`,
  );
});

test("evaluate ranking of too few prompts says so in one sentence instead of a share", async () => {
  const { out } = await pickapic(["evaluate", "ranking", "--scorer", "colour-sharpness", "--prompts", "2", "-n", "2"]);
  expect(out).toBe("No share can be given: too few judgements (2), at least 30 are needed. Ask for more prompts (--prompts).\n");
});
