/** @file Builds one SQL statement from named parts (common table expressions): many changes in one round trip, all or none. */
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";

export interface Part {
  /** Later parts read its rows under this name. */
  name: string;
  /**
   * Changes rows, or calls functions that do. In the second case `calls` is true, because PostgreSQL skips a part that only
   * selects and is not read.
   */
  sql: RawBuilder<unknown>;
  calls?: boolean;
}

/**
 * Runs the parts in one statement.
 * @param result the statement's own select; without a `where`.
 */
export async function runParts<T>(db: Database, parts: readonly Part[], result: RawBuilder<T>): Promise<T[]> {
  const named = parts.map(({ name, sql: part }) => sql`${sql.ref(name)} as materialized (${part})`);
  const called = parts.filter(({ calls }) => calls).map(({ name }) => sql`(select count(*) from ${sql.ref(name)}) >= 0`);
  const { rows } = await sql<T>`with ${sql.join(named)} ${result} where ${sql.join([sql`true`, ...called], sql` and `)}`.execute(
    db,
  );
  return rows;
}
