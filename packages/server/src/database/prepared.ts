/**
 * @file Prepares statements, so that PostgreSQL plans them once per connection instead of once per use: planning the state of a
 * round takes longer than reading it. A statement is known by its text; there are few texts, because values are always
 * parameters.
 */
import { createHash } from "node:crypto";
import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import type pg from "pg";

/** Wraps the pool for kysely so that every statement with parameters is prepared. */
export function preparing(pool: pg.Pool): PostgresPool {
  return {
    connect: async () => new PreparingClient(await pool.connect()),
    end: () => pool.end(),
    options: pool.options,
  };
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query(text: unknown, values: readonly unknown[] = []): unknown {
    if (typeof text !== "string") throw new Error("cursors are not prepared");
    return this.#client.query(values.length === 0 ? text : { name: nameOf(text), text, values: [...values] });
  }

  release(): void {
    this.#client.release();
  }
}

const names = new Map<string, string>();

/** Names a statement by a hash of its text, because PostgreSQL cuts names at 63 bytes. */
function nameOf(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  const name = createHash("sha256").update(text).digest("base64url");
  names.set(text, name);
  return name;
}
