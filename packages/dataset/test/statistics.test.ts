import { join } from "node:path";
import { expect, test } from "vitest";
import { openDataset } from "../src/read/read.ts";
import { labelColumns } from "../src/row.ts";
import type { RankingRecord } from "../src/source.ts";
import { statistics } from "../src/statistics.ts";
import { writeDataset } from "../src/write/write.ts";
import { sampleRecords, sampleSource, temporaryFolder } from "./sample.ts";

async function statisticsOf(records: readonly RankingRecord[]) {
  const folder = join(await temporaryFolder(), "dataset");
  await writeDataset(sampleSource(records), folder, { images: false, seed: 1, name: "Sample" });
  return statistics(await openDataset(folder));
}

test("everything is counted as one counts by hand", async () => {
  const [one] = sampleRecords() as [RankingRecord];
  const row = (id: number, choice: 0 | 1 | "tie", more: Partial<RankingRecord>): RankingRecord => {
    const uids = { image_0_uid: `${id}a`, image_1_uid: `${id}b`, ...more };
    const record = { ...one, ranking_id: BigInt(id), ...uids, ...labelColumns(choice, uids.image_0_uid, uids.image_1_uid) };
    return { ...record, are_different: record.model_0 !== record.model_1 };
  };
  const counted = await statisticsOf([
    row(1, 0, {
      caption: "a red apple",
      user_id: 1n,
      model_0: "x",
      model_1: "y",
      slot_0: "left",
      kept_image: null,
      answer_ms: 1000,
    }),
    row(2, 1, {
      caption: "a red apple",
      user_id: 1n,
      model_0: "x",
      model_1: "y",
      slot_0: "left",
      kept_image: 1,
      answer_ms: 3000,
      image_0_uid: "1a",
    }),
    row(3, "tie", {
      caption: "two cats",
      user_id: 2n,
      model_0: "x",
      model_1: "y",
      slot_0: "right",
      kept_image: 0,
      answer_ms: null,
    }),
    row(4, 0, {
      caption: "two cats",
      user_id: 2n,
      model_0: "y",
      model_1: "y",
      slot_0: null,
      kept_image: 1,
      answer_ms: 2000,
      simulated: "{}",
    }),
  ]);
  expect(counted).toMatchObject({
    hasImages: false,
    rankings: 4,
    ties: 1,
    prompts: 2,
    users: 2,
    images: 7,
    simulated: 1,
    wordsPerPrompt: { min: 2, mean: 2.5, median: 2.5, max: 3 },
    rankingsPerPrompt: { min: 2, mean: 2, median: 2, max: 2 },
    answerMs: { min: 1000, mean: 2000, median: 2000, max: 3000 },
    left: { wins: 1, games: 2 },
    kept: { wins: 1, games: 2 },
  });
  expect(counted.models).toEqual([
    { model: "y", shown: 5, wins: 1, ties: 1, games: 3 },
    { model: "x", shown: 3, wins: 1, ties: 1, games: 3 },
  ]);
});

test("the whole is train, validation and test; the unique splits repeat rows and do not count", async () => {
  const records = sampleRecords();
  const counted = await statisticsOf(records);
  expect(counted.rankings).toBe(records.length);
  expect(counted.images).toBe(2 * records.length);
  const base = (["train", "validation", "test"] as const).map((split) => counted.splits[split]?.rankings ?? 0);
  expect(base.reduce((sum, n) => sum + n, 0)).toBe(records.length);
  expect(counted.splits.test_unique?.rankings).toBe(counted.splits.test_unique?.prompts);
  expect(counted.first).toBe("2026-03-01T12:01:00.000Z");
  expect(JSON.parse(JSON.stringify(counted)).rankings).toBe(records.length);
});
