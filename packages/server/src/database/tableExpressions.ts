/** @file Builds one SQL statement from common table expressions, so that several changes take one round trip and happen together or not at all. */
import { type RawBuilder, sql } from "kysely";
import type { Database } from "./database.ts";

/** One common table expression of a statement. */
export interface TableExpression {
  /** The name under which later expressions read its rows. */
  name: string;
  sql: RawBuilder<unknown>;
  /** True for a `select` that calls a function for its effect. PostgreSQL would skip it if nothing read its rows. */
  calls?: boolean;
}

/**
 * Runs the expressions in one statement and returns the rows of its final select.
 * @param result the final select, without a `where`
 */
export async function runTogether<T>(db: Database, expressions: readonly TableExpression[], result: RawBuilder<T>): Promise<T[]> {
  const named = expressions.map(({ name, sql: expression }) => sql`${sql.ref(name)} as materialized (${expression})`);
  const called = expressions.filter(({ calls }) => calls).map(({ name }) => sql`(select count(*) from ${sql.ref(name)}) >= 0`);
  const { rows } = await sql<T>`with ${sql.join(named)} ${result} where ${sql.join([sql`true`, ...called], sql` and `)}`.execute(
    db,
  );
  return rows;
}
