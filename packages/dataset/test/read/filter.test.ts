import { expect, test } from "vitest";
import { filterColumns, matches, type RowFilter } from "../../src/read/filter.ts";

const row = { model_0: "a", model_1: "b", user_id: 7n, created_at: 100n, has_label: true };

test.each<[RowFilter, boolean]>([
  [{}, true],
  [{ models: ["b"] }, true],
  [{ models: ["c"] }, false],
  [{ models: [] }, false],
  [{ users: [6n, 7n] }, true],
  [{ users: [6n] }, false],
  [{ from: 100n }, true],
  [{ from: 101n }, false],
  [{ before: 101n }, true],
  [{ before: 100n }, false],
  [{ ties: "without" }, true],
  [{ ties: "only" }, false],
  [{ models: ["a"], users: [7n], from: 1n, before: 200n, ties: "without" }, true],
  [{ models: ["a"], users: [8n] }, false],
])("filter %o lets the row pass: %s", (filter, expected) => {
  expect(matches(row, filter)).toBe(expected);
});

test("a filter reads the columns that it looks at and no other", () => {
  expect(filterColumns({})).toEqual([]);
  expect(filterColumns({ models: [], users: [], from: 0n, ties: "only" })).toEqual([
    "model_0",
    "model_1",
    "user_id",
    "created_at",
    "has_label",
  ]);
});
