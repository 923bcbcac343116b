import { expect, test } from "vitest";
import { blockOfRows } from "../../src/columns/block.ts";
import { limitBlock, type ReleaseLimits } from "../../src/columns/limits.ts";
import { rowsOf } from "../../src/columns/rows.ts";
import type { RankingRecord } from "../../src/source.ts";
import { sampleRecords } from "../sample.ts";

const records = sampleRecords(20);
const limited = (limits: ReleaseLimits) => {
  const { block, leftOut } = limitBlock(blockOfRows(records), limits);
  const rows = [...rowsOf(block)];
  expect(rows.length + Object.values(leftOut).reduce((sum, count) => sum + count, 0)).toBe(records.length);
  expect(rows).toEqual(records.filter(({ ranking_id }) => rows.some((row) => row.ranking_id === ranking_id)));
  return { rows, leftOut };
};
/** The largest number of rows that share a value. */
const most = (rows: readonly RankingRecord[], name: "user_id" | "caption") =>
  Math.max(...[...Map.groupBy(rows, (row) => row[name]).values()].map((of) => of.length));

test("without limits every ranking is taken", () => {
  expect(limited({}).rows).toHaveLength(records.length);
});

test("each limit holds, takes as many rankings as it can, and counts the others by its own reason", () => {
  const middle = records[20]!.created_at;
  expect(limited({ from: middle }).leftOut.outsideTime).toBe(20);
  expect(limited({ before: middle }).rows).toEqual(records.slice(0, 20));
  const other = records.filter(({ are_different }) => are_different);
  expect(limited({ differentModels: true })).toMatchObject({
    rows: other,
    leftOut: { sameModel: records.length - other.length },
  });
  expect(most(limited({ maxPerPerson: 2 }).rows, "user_id")).toBe(2);
  expect(most(limited({ maxPerPrompt: 3 }).rows, "caption")).toBe(3);
  const { rows, leftOut } = limited({ maxTies: 0.05, maxPerPrompt: 3, differentModels: true });
  const ties = rows.filter(({ has_label }) => !has_label).length;
  expect(ties / rows.length).toBeLessThanOrEqual(0.05);
  expect((ties + 1) / (rows.length + 1)).toBeGreaterThan(0.05);
  expect(leftOut.ties).toBeGreaterThan(0);
});
