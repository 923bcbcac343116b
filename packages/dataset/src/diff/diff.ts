/** @file What changed from one release of a dataset to another, by ranking. */

import { join } from "node:path";
import { type Ask, askDatasets, columnsOfView, type SplitFiles } from "../duckdb.ts";
import { DatasetError } from "../errors.ts";
import { realFiles } from "../files.ts";
import { repeatedIds } from "../read/ids.ts";
import { checkOneExport, openShards, splitsMissing } from "../read/read.ts";
import { COLUMNS, SPLITS } from "../row.ts";
import { findShards } from "../shards/layout.ts";
import { damaged } from "../shards/parquet.ts";
import { releaseOf } from "../write/release.ts";

/** A ranking that both releases have, with other values. */
export interface ChangedRanking {
  readonly id: bigint;
  /** The columns whose values differ, in the order of the schema; "split" when it went to another one. */
  readonly columns: readonly string[];
}

/** The difference of two releases. Counts are of all rankings; the lists hold the first ones by id, as many as were asked for. */
export interface DatasetDiff {
  readonly before: string;
  readonly after: string;
  /** The release numbers that their cards name; null where a card names none. */
  readonly releases: { readonly before: number | null; readonly after: number | null };
  readonly counts: { readonly added: number; readonly removed: number; readonly changed: number; readonly same: number };
  /** Ids that only `after` has. */
  readonly added: readonly bigint[];
  /** Ids that only `before` has. */
  readonly removed: readonly bigint[];
  readonly changed: readonly ChangedRanking[];
}

/** Columns that the other rankings of a dataset decide, and pictures, whose uids say whether they are others. */
const NOT_COMPARED = new Set(["num_example_per_prompt", "__index_level_0__", "jpg_0", "jpg_1", "ranking_id"]);

/**
 * Compares the rankings of train, validation and test of two dataset folders by ranking_id. A column that only one of them has counts as null in the other.
 * @param most how many ids each list holds at most
 * @throws {DatasetError} NOT_FOUND, NOT_A_DATASET, SPLIT_MISSING, SHARD_MISSING, FILE_DAMAGED, NO_DUCKDB; ROW_INVALID for an id that is there twice
 */
export async function diffDatasets(before: string, after: string, most: number): Promise<DatasetDiff> {
  const [a, b] = [await filesOf(before), await filesOf(after)];
  const releases = { before: (await releaseOf(before)) ?? null, after: (await releaseOf(after)) ?? null };
  try {
    return await askDatasets({ a_rows: a, b_rows: b }, async (ask) => {
      await refuseRepeatedIds(ask, { a_rows: before, b_rows: after });
      await ask(await comparison(ask));
      const [[added, removed, changed, same] = []] = await ask(
        "select count(*) filter (where kind = 'added'), count(*) filter (where kind = 'removed'), count(*) filter (where kind = 'changed'), count(*) filter (where kind = 'same') from compared",
      );
      const list = (kind: string) => ask(`select id, columns from compared where kind = '${kind}' order by id limit ${most}`);
      const ids = async (kind: string) => (await list(kind)).map(([id]) => BigInt(String(id)));
      return {
        before,
        after,
        releases,
        counts: { added: Number(added), removed: Number(removed), changed: Number(changed), same: Number(same) },
        added: await ids("added"),
        removed: await ids("removed"),
        changed: (await list("changed")).map(([id, columns]) => ({
          id: BigInt(String(id)),
          columns: String(columns).split(" "),
        })),
      };
    });
  } catch (error) {
    throw error instanceof DatasetError ? error : damaged(`${before} or ${after}`, error);
  }
}

/** The files of a folder, each of which has a readable footer, all of one export. */
async function filesOf(folder: string): Promise<SplitFiles> {
  const found = await findShards(folder);
  // A split that is not there would be told as rankings that were removed.
  const missing = SPLITS.filter((split) => !found.has(split));
  if (missing.length > 0) throw splitsMissing(folder, missing);
  checkOneExport([...(await openShards(folder, found, realFiles)).values()].flat());
  return new Map([...found].map(([split, names]) => [split, names.map((name) => join(folder, name))]));
}

/** Refuses a view in which two rankings have one id: neither of them is "the" ranking of that id. */
async function refuseRepeatedIds(ask: Ask, folders: Readonly<Record<string, string>>): Promise<void> {
  for (const [view, folder] of Object.entries(folders)) {
    const [[count, first] = []] = await ask(
      `select sum(times - 1), min(id) from (select ranking_id as id, count(*) as times from ${view} where not ends_with(split, '_unique') group by ranking_id having times > 1)`,
    );
    if (first !== null && first !== undefined) throw repeatedIds(folder, Number(count), String(first));
  }
}

/** The statement that makes the table `compared`: id, kind, and the columns that differ, separated by spaces. */
async function comparison(ask: Ask): Promise<string> {
  const [ofA, ofB] = [await columnsOfView(ask, "a_rows"), await columnsOfView(ask, "b_rows")];
  const names = [
    ...COLUMNS.map(({ name }) => name).filter((name) => !NOT_COMPARED.has(name) && (ofA.has(name) || ofB.has(name))),
    "split",
  ];
  const value = (side: "a" | "b", name: string) => ((side === "a" ? ofA : ofB).has(name) ? `${side}.${name}` : "null");
  const differs = names.map((name) => `case when ${value("a", name)} is distinct from ${value("b", name)} then '${name}' end`);
  return `create temp table compared as
    select id, columns, case when of_a is null then 'added' when of_b is null then 'removed' when columns = '' then 'same' else 'changed' end as kind
    from (
      select coalesce(a.ranking_id, b.ranking_id) as id, a.ranking_id as of_a, b.ranking_id as of_b, concat_ws(' ', ${differs.join(", ")}) as columns
      from (select * from a_rows where not ends_with(split, '_unique')) a
      full join (select * from b_rows where not ends_with(split, '_unique')) b on a.ranking_id = b.ranking_id
    )`;
}
