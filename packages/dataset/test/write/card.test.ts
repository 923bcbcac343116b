import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RankingRecord } from "../../src/source.ts";
import { type WriteSettings, writeDataset } from "../../src/write/write.ts";
import { sampleRecords, sampleSource, temporaryFolder } from "../sample.ts";

async function cardOf(records: readonly RankingRecord[], settings: Partial<WriteSettings> = {}): Promise<string> {
  const folder = join(await temporaryFolder(), "dataset");
  await writeDataset(sampleSource(records), folder, {
    images: true,
    seed: 1,
    name: 'A "quoted": name',
    license: "cc-by-4.0",
    ...settings,
  });
  return readFile(join(folder, "README.md"), "utf8");
}

const simulated = (record: RankingRecord): RankingRecord => ({ ...record, simulated: '{"seed":1}' });

test("the front matter tells licence, files of each split, features and sizes", async () => {
  const card = await cardOf(sampleRecords());
  const front = card.split("---\n")[1] ?? "";
  for (const part of [
    'pretty_name: "A \\"quoted\\": name"',
    'license: "cc-by-4.0"',
    '- "n<1K"',
    "  - split: validation_unique\n    path: data/validation_unique-*\n",
    "  - name: created_at\n    dtype: timestamp[ns]\n",
    "  - name: jpg_0\n    dtype: binary\n",
    "  - name: validation_unique\n    num_bytes: ",
    "    num_examples: 2\n",
  ]) {
    expect(front).toContain(part);
  }
});

test("the text tells how it was collected, to what people agreed, how it was split, and what it is no good for", async () => {
  const card = await cardOf(sampleRecords());
  for (const part of [
    "## Columns",
    "| `kept_image` | int32 | which image was kept",
    "agreed that prompts, images and choices are released (version 2026-01)",
    "4 of 26 prompts are held out",
    "(Seed 1.)",
    "## Limitations",
    "Licence: cc-by-4.0.",
  ]) {
    expect(card).toContain(part);
  }
  expect(card).not.toContain("**Simulated.**");
  for (const [, meaning] of card.matchAll(/^\| `\w+` \| [\w[\]]+ \| (.*) \|$/gm)) expect(meaning).not.toBe("");
});

test("simulated rows are said at the top, all or how many", async () => {
  const records = sampleRecords();
  expect(await cardOf(records.map(simulated))).toContain(
    "> **Simulated.** All rankings in this dataset were made by simulated people",
  );
  const some = await cardOf(records.map((record, i) => (i < 10 ? simulated(record) : record)));
  expect(some).toContain(`> **Simulated.** 10 of ${records.length} rankings`);
  expect(some).toContain("- synthetic");
});

test("a missing licence is said, and the variant without images has no such feature", async () => {
  const card = await cardOf(sampleRecords(), { license: undefined, images: false });
  expect(card).toContain('license: "unknown"');
  expect(card).toContain("No licence was chosen");
  expect(card).toContain("This variant has no images");
  expect(card).not.toContain("jpg_0");
});

test("splits without rows are not announced, since Python's datasets refuses them", async () => {
  const front = (await cardOf(sampleRecords().slice(0, 2))).split("---\n")[1] ?? "";
  expect(front).toContain("- split: train");
  expect(front).not.toContain("- split: validation");
  expect(front).not.toContain("num_examples: 0");
});

test("the limits of the release are told; without limits nothing is said of them", async () => {
  expect(await cardOf(sampleRecords())).not.toContain("## What was left out");
  const day = (text: string): bigint => BigInt(Date.parse(text)) * 1_000_000n;
  const limits = {
    from: day("2026-03-01"),
    before: day("2026-04-01T12:30:00Z"),
    differentModels: true,
    maxPerPerson: 1500,
    maxPerPrompt: 3,
    maxTies: 0.125,
  };
  const folder = join(await temporaryFolder(), "dataset");
  const settings = { images: false, seed: 1, name: "Limited", license: "cc-by-4.0" };
  await writeDataset({ ...sampleSource(sampleRecords()), limits }, folder, settings);
  const card = await readFile(join(folder, "README.md"), "utf8");
  expect(card.split("## What was left out\n\n")[1]?.split("\n\n")[0]).toBe(
    [
      "- Rankings made before 2026-03-01T00:00:00.000Z are left out.",
      "- Rankings made at 2026-04-01T12:30:00.000Z or later are left out.",
      "- Rankings of two images of one model are left out.",
      "- Of each person only the first 1,500 rankings are taken.",
      "- Of each prompt only the first 3 rankings are taken.",
      "- At most 12.5 % of the rankings are ties; which of them stay was drawn.",
    ].join("\n"),
  );
});
