/** @file The connection to PostgreSQL: one pool, seen by kysely and by raw SQL. */
import { Kysely, PostgresDialect, type Transaction } from "kysely";
import pg from "pg";
import { reasonOf, ServerError } from "../errors.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;
export type Tx = Transaction<Tables>;

export interface Connection {
  readonly pool: pg.Pool;
  readonly db: Database;
  close(): Promise<void>;
}

export interface ConnectionSettings {
  /** Connections at most. */
  size?: number;
  /** Seen in pg_stat_activity. */
  name?: string;
  readOnly?: boolean;
}

/** All our int8 columns hold numbers below 2^53: ids by sequence, pseudonyms, counts. */
const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig["getTypeParser"],
};

/** Opens a pool; connections are made when they are needed. `onError` hears of idle connections that broke. */
export function connect(url: string, settings: ConnectionSettings, onError: (error: Error) => void): Connection {
  const { size = 10, name = "pickapic", readOnly = false } = settings;
  const options = readOnly ? { options: "-c default_transaction_read_only=on" } : {};
  const pool = new pg.Pool({ connectionString: url, max: size, application_name: name, types, ...options });
  // Idle connections report to the pool, those that are in use to themselves; unheard, either would end the process.
  pool.on("error", onError).on("connect", (client) => client.on("error", onError));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  // Kysely ends the pool with itself.
  return { pool, db, close: () => db.destroy() };
}

/** @throws ServerError PICKAPIC_DATABASE_REFUSED */
export async function checkConnection({ pool }: Connection): Promise<void> {
  await pool.query("select 1").catch((error: unknown) => {
    throw new ServerError("PICKAPIC_DATABASE_REFUSED", reasonOf(error));
  });
}

/** True for errors that say that the database is not there, rather than that the query was wrong. */
export function isDatabaseLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  // Class 57P0: the server is shutting down, crashed or starting; class 08: the connection broke.
  if (/^(57P0|08|ECONNREFUSED|ECONNRESET|EPIPE)/.test(code)) return true;
  return /Connection terminated|timeout exceeded when trying to connect/.test(error.message);
}
