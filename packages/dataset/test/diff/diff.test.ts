import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diffDatasets } from "../../src/diff/diff.ts";
import type { RankingRecord } from "../../src/source.ts";
import { writeDataset } from "../../src/write/write.ts";
import { sampleRecords, sampleSource, temporaryFolder } from "../sample.ts";

/** A release of these rankings, without images and held-out prompts, so that no ranking changes its split. */
async function released(records: readonly RankingRecord[]): Promise<string> {
  const folder = join(await temporaryFolder(), "release");
  await writeDataset(sampleSource(records), folder, { images: false, seed: 0, name: "x", license: "mit", heldOutPrompts: 0 });
  return folder;
}

test("two releases differ in what was added, removed and changed, ranking by ranking, and in nothing else", async () => {
  const records = sampleRecords();
  const changed = records.map((record, i) =>
    i === 4 ? { ...record, answer_ms: null, slot_0: "left" as const, caption: "other" } : record,
  );
  const later = [...changed.slice(2), { ...records[0]!, ranking_id: 999n }];
  const [first, second] = [await released(records), await released(later)];
  const diff = await diffDatasets(first, second, 10);
  expect(diff.counts).toEqual({ added: 1, removed: 2, changed: 1, same: records.length - 3 });
  expect(diff).toMatchObject({ added: [999n], removed: [1n, 2n] });
  expect(diff.changed[0]?.id).toBe(5n);
  expect(diff.changed[0]?.columns).toEqual(expect.arrayContaining(["caption", "answer_ms"]));
  expect((await diffDatasets(first, first, 10)).counts).toEqual({ added: 0, removed: 0, changed: 0, same: records.length });
  await expect(diffDatasets(first, join(second, "nowhere"), 10)).rejects.toMatchObject({ code: "PICKAPIC_DATASET_NOT_FOUND" });
});

test("a release with a renamed shard is refused, instead of telling that its rankings were removed", async () => {
  const [first, second] = [await released(sampleRecords()), await released(sampleRecords())];
  const shard = join(second, "data", "train-00000-of-00001.parquet");
  await rename(shard, shard.replace("train-", "training-"));
  const refused = { code: "PICKAPIC_DATASET_SPLIT_MISSING", message: expect.stringContaining("lacks the split train") };
  await expect(diffDatasets(first, second, 10)).rejects.toMatchObject(refused);
  await expect(diffDatasets(second, first, 10)).rejects.toMatchObject(refused);
});
