import fc from "fast-check";
import type { FileMetaData } from "hyparquet";
import { describe, expect, test } from "vitest";
import { planRead, planTake } from "../../src/read/plan.ts";

/** A file of row groups of these sizes, with minima and maxima of created_at and user_id: 100 g ... 100 g + 99 and g ... g. */
function file(sizes: readonly number[], columns = ["caption", "created_at", "user_id", "has_label"]): FileMetaData {
  const statistics = (name: string, g: number) => {
    if (name === "created_at") return { min_value: BigInt(100 * g), max_value: BigInt(100 * g + 99) };
    return name === "user_id" ? { min_value: BigInt(g), max_value: BigInt(g) } : undefined;
  };
  const groups = sizes.map((rows, g) => ({
    num_rows: BigInt(rows),
    columns: columns.map((name) => ({ meta_data: { path_in_schema: [name], statistics: statistics(name, g) } })),
  }));
  return { schema: [{ name: "schema" }, ...columns.map((name) => ({ name }))], row_groups: groups } as unknown as FileMetaData;
}

describe("a reading", () => {
  test("takes the row groups in order, the rows counted within each file, and only columns that are asked for and there", () => {
    expect(planRead([file([10, 0, 5]), file([7])], ["caption", "seed_0"])).toEqual([
      { shard: 0, rowStart: 0, rowEnd: 10, columns: ["caption"] },
      { shard: 0, rowStart: 10, rowEnd: 15, columns: ["caption"] },
      { shard: 1, rowStart: 0, rowEnd: 7, columns: ["caption"] },
    ]);
  });

  test("adds the columns that the filter looks at, each once", () => {
    expect(planRead([file([1])], ["user_id"], { ties: "only", users: [0n] })[0]?.columns).toEqual(["user_id", "has_label"]);
  });

  test.each([
    [{ from: 100n }, [1, 2]],
    [{ before: 100n }, [0]],
    [{ from: 199n, before: 200n }, [1]],
    [{ from: 300n }, []],
    [{ users: [0n, 2n] }, [0, 2]],
    [{ users: [9n] }, []],
    [{ from: 99n }, [0, 1, 2]],
    [{ before: 101n }, [0, 1]],
    [{ models: ["x"] }, [0, 1, 2]],
  ])("with the filter %o reads only row groups that may hold such rows: %o", (filter, expected) => {
    const plan = planRead([file([10, 10, 10])], ["caption"], filter);
    expect(plan.map(({ rowStart }) => rowStart / 10)).toEqual(expected);
  });

  const filters = [{ from: 10_000n }, { before: 0n }, { users: [9n] }];
  test.each([
    ["no minima and maxima", undefined],
    ["a minimum only", { min_value: 0n }],
    ["a maximum only", { max_value: 0n }],
    ["bounds that are no integers", { min_value: new Date(0), max_value: new Date(0) }],
  ])("reads everything when a file has %s", (_what, statistics) => {
    const bare = file([10, 10]);
    for (const { columns } of bare.row_groups)
      for (const { meta_data } of columns) Object.assign(meta_data ?? {}, { statistics });
    for (const filter of filters) expect(planRead([bare], ["caption"], filter)).toHaveLength(2);
  });

  test("reads everything when a file says nothing of a column, or has none", () => {
    const bare = file([10]);
    for (const { columns } of bare.row_groups) for (const column of columns) delete column.meta_data;
    for (const filter of filters) expect(planRead([bare, file([5], ["caption"])], ["caption"], filter)).toHaveLength(2);
  });

  test("knows the bounds of older files too, and no column of the schema's own name", () => {
    const old = file([10], ["caption", "created_at"]);
    for (const { columns } of old.row_groups)
      for (const { meta_data } of columns) Object.assign(meta_data ?? {}, { statistics: { min: 0n, max: 9n } });
    old.schema[0]!.name = "user_id";
    expect(planRead([old], ["user_id"], { from: 10n })).toEqual([]);
    expect(planRead([old], ["user_id"], { from: 9n })).toEqual([{ shard: 0, rowStart: 0, rowEnd: 10, columns: ["created_at"] }]);
  });
});

test("taking rows: every position is read once, in runs that cross no row group, and lands in its places", () => {
  const files = fc.array(fc.array(fc.nat(6), { minLength: 1, maxLength: 4, size: "max" }), {
    minLength: 1,
    maxLength: 4,
    size: "max",
  });
  fc.assert(
    fc.property(files, fc.array(fc.nat(), { maxLength: 30, size: "max" }), (sizes, draws) => {
      const shards = sizes.map((of) => file(of));
      const total = sizes.flat().reduce((sum, n) => sum + n, 0);
      if (total === 0) return;
      const positions = draws.map((draw) => draw % total);
      const answer = new Array<number>(positions.length);
      const before = sizes.map((_, s) =>
        sizes
          .slice(0, s)
          .flat()
          .reduce((sum, n) => sum + n, 0),
      );
      const read = new Set<string>();
      for (const { shard, rowStart, rowEnd, targets } of planTake(shards, positions)) {
        expect(targets).toHaveLength(rowEnd - rowStart);
        const groups = planRead([shards[shard]!], []);
        expect(groups.some((group) => group.rowStart <= rowStart && rowEnd <= group.rowEnd)).toBe(true);
        for (const [i, of] of targets.entries()) {
          expect(read.has(`${shard} ${rowStart + i}`)).toBe(false);
          read.add(`${shard} ${rowStart + i}`);
          for (const place of of) answer[place] = before[shard]! + rowStart + i;
        }
      }
      expect(answer).toEqual(positions);
    }),
  );
});

test("neighbouring rows are taken in one run, and a row that is wanted twice is read once", () => {
  const take = planTake([file([4, 6])], [5, 2, 3, 4, 5, 9]);
  expect(take).toEqual([
    { shard: 0, rowStart: 2, rowEnd: 4, targets: [[1], [2]] },
    { shard: 0, rowStart: 4, rowEnd: 6, targets: [[3], [0, 4]] },
    { shard: 0, rowStart: 9, rowEnd: 10, targets: [[5]] },
  ]);
});

test("a position that is not there is an error", () => {
  expect(() => planTake([file([3])], [3])).toThrow("an integer of 0 ... 2; got 3");
  expect(() => planTake([file([3])], [-1])).toThrow("got -1");
  for (const wrong of [1.5, Number.NaN]) expect(() => planTake([file([3])], [wrong])).toThrow(`got ${wrong}`);
  expect(() => planTake([file([2]), file([3])], [0, 5])).toThrow("an integer of 0 ... 4; got 5");
  expect(() => planTake([], [0])).toThrow("an integer of 0 ... -1; got 0");
  expect(planTake([], [])).toEqual([]);
  expect(planTake([file([3])], [])).toEqual([]);
});
