/** @file Builds one SQL statement from named parts (common table expressions), so that several changes take one round trip and happen together or not at all. */
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";

/** One common table expression. */
export interface Part {
  /** The name under which later parts read its rows. */
  name: string;
  sql: RawBuilder<unknown>;
  /** True for a `select` that calls a function for its effect. PostgreSQL would skip such a part if nothing read its rows. */
  calls?: boolean;
}

/**
 * Runs the parts in one statement and returns the rows of its final select.
 * @param result the final select, without a `where`
 */
export async function runParts<T>(db: Database, parts: readonly Part[], result: RawBuilder<T>): Promise<T[]> {
  const named = parts.map(({ name, sql: part }) => sql`${sql.ref(name)} as materialized (${part})`);
  const called = parts.filter(({ calls }) => calls).map(({ name }) => sql`(select count(*) from ${sql.ref(name)}) >= 0`);
  const { rows } = await sql<T>`with ${sql.join(named)} ${result} where ${sql.join([sql`true`, ...called], sql` and `)}`.execute(
    db,
  );
  return rows;
}
