/** @file DuckDB over the Parquet files of datasets, for questions about all of their rows. */

import { DatasetError } from "./errors.ts";
import { SPLITS, type Split } from "./row.ts";

/** Memory of DuckDB; more than this goes through temporary files. */
const MEMORY = "400MB";

/** The Parquet files of each split. */
export type SplitFiles = ReadonlyMap<Split, readonly string[]>;

/** Asks a question in SQL and returns the rows of the answer. */
export type Ask = (sql: string) => Promise<readonly (readonly unknown[])[]>;

/**
 * Runs `use` with a database that holds nothing but these views, each the rows of all splits of a dataset with a column `split`.
 * @param load imports DuckDB; a test passes its own
 * @throws DatasetError PICKAPIC_DATASET_NO_DUCKDB when the optional package is not installed
 */
export async function askDatasets<T>(
  views: Readonly<Record<string, SplitFiles>>,
  use: (ask: Ask) => Promise<T>,
  load: () => Promise<typeof import("@duckdb/node-api")> = () => import("@duckdb/node-api"),
): Promise<T> {
  const { DuckDBInstance } = await load().catch((error) => {
    throw new DatasetError("PICKAPIC_DATASET_NO_DUCKDB").because(error);
  });
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: MEMORY });
  const connection = await instance.connect();
  try {
    for (const [name, files] of Object.entries(views)) await connection.run(viewOf(name, files));
    return await use(async (sql) => (await connection.runAndReadAll(sql)).getRows());
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function viewOf(name: string, files: SplitFiles): string {
  const splits = SPLITS.flatMap((split) => {
    const paths = files.get(split);
    return paths ? [`select *, '${split}' as split from read_parquet([${paths.map(quoted).join(", ")}])`] : [];
  });
  return `create view ${name} as ${splits.join(" union all by name ")}`;
}

/** The names of the columns of a view. */
export async function columnsOfView(ask: Ask, view: string): Promise<Set<string>> {
  const rows = await ask(`select column_name from (describe ${view})`);
  return new Set(rows.map(([name]) => String(name)));
}
