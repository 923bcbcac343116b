import { join } from "node:path";
import { expect, test } from "vitest";
import { barsOf, distributions } from "../src/distributions.ts";
import { openDataset } from "../src/read/read.ts";
import { nanosecondsOf } from "../src/row.ts";
import { writeDataset } from "../src/write/write.ts";
import { sampleRecords, sampleSource, temporaryFolder } from "./sample.ts";

test("each distribution is what a count of the rankings gives", async () => {
  const records = sampleRecords(12).map((record, i) => ({ ...record, created_at: nanosecondsOf(new Date(Date.UTC(2026, 0, 1 + 3 * (i % 50)))) }));
  const folder = join(await temporaryFolder(), "dataset");
  await writeDataset(sampleSource(records), folder, { images: false, seed: 1, name: "S", license: "mit" });
  const found = await distributions(await openDataset(folder));
  const sum = (bars: readonly { count: number }[]) => bars.reduce((total, { count }) => total + count, 0);
  const by = <K>(key: (record: (typeof records)[number]) => K) => Map.groupBy(records, key);
  const promptsOf = [...by(({ user_id }) => user_id).values()].map((of) => new Set(of.map(({ caption }) => caption)).size);
  for (const { label, count } of found.promptsPerUser) expect(promptsOf.filter((n) => `${n}` === label)).toHaveLength(count);
  expect(sum(found.rankingsPerUser)).toBe(12);
  expect(sum(found.imagesPerPrompt)).toBe(by(({ caption }) => caption).size);
  const sevens = records.flatMap((r) => [[r.guidance_scale_0, r.label_0], [r.guidance_scale_1, r.label_1]] as const).filter(([scale]) => Math.floor(scale ?? 0) === 7);
  expect(found.guidance.find(({ label }) => label === "7–8")).toEqual({
    label: "7–8",
    count: sevens.length,
    winRate: sevens.reduce((total, [, label]) => total + label, 0) / sevens.length,
  });
  expect(found.words[0]).toEqual({ label: "prompt", count: [...by(({ caption }) => caption).keys()].length });
  expect([found.momentDays, found.overTime.length, sum(found.overTime.map(({ rankings: count }) => ({ count })))]).toEqual([3, 50, records.length]);
  expect(sum(found.overTime.map(({ ties: count }) => ({ count })))).toBe(records.filter(({ has_label }) => !has_label).length);
}); // biome-ignore format: long expectations

test.each([
  [[3, 5, 3], [["3", 2], ["4", 0], ["5", 1]]],
  [[1, 2, 5, 9, 30, 600], [["1", 1], ["2", 1], ["3", 0], ["4–5", 1], ["6–10", 1], ["11–20", 0], ["21–50", 1], ["51–100", 0], ["101–200", 0], ["201–500", 0], ["501–1000", 1]]],
  [[], []],
  [[7], [["7", 1]]],
])("%j: every number is in one bar", (values, expected) => {
  expect(barsOf(values).map(({ label, count }) => [label, count])).toEqual(expected);
}); // biome-ignore format: a table
