/** @file The connection to PostgreSQL: one pool, seen by kysely and by raw SQL. */
import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import pg from "pg";
import { reasonOf, ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import { within } from "../within.ts";
import { preparing } from "./prepared.ts";
import { databaseSockets } from "./sockets.ts";
import type { Tables } from "./tables.ts";

export type Database = Kysely<Tables>;
export type Tx = Transaction<Tables>;

export interface Connection {
  readonly pool: pg.Pool;
  readonly db: Database;
  /** Ends what waits for an answer of the database, with an error that says why. The next query opens a new connection. */
  cutOff(reason: string): void;
  /** Waits until running queries are done, `closeTimeoutMs` at most. */
  close(): Promise<void>;
}

export interface ConnectionSettings {
  /** Connections at most. */
  size?: number;
  /** Seen in pg_stat_activity. */
  name?: string;
  readOnly?: boolean;
  /**
   * For connections whose statements find a few rows by their keys: each statement is planned once for a connection, and the plan reads no whole table, however small
   * the tables are at that moment. Statements that need whole tables run in readWhole.
   */
  byKey?: boolean;
  /** ms that a query may wait for a connection. */
  connectTimeoutMs?: number;
  /** ms that a statement may take; the database ends it then, and a database that does not answer is left a second later. */
  statementTimeoutMs?: number;
  /** ms that close() waits for running queries. */
  closeTimeoutMs?: number;
}

/** All our int8 columns hold numbers below 2^53: ids by sequence, pseudonyms, counts. */
const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig["getTypeParser"],
};

/** Time-out of statements that may read everything, such as those of exports, migrations and the nightly cleaning, ms. */
export const LONG_STATEMENT_MS = 600_000;

/** The time-outs of the settings, as connect takes them. */
export function timeoutsOf(settings: ResolvedSettings): Pick<ConnectionSettings, "connectTimeoutMs" | "statementTimeoutMs"> {
  return {
    connectTimeoutMs: settings.databaseConnectTimeoutMs,
    statementTimeoutMs: settings.databaseStatementTimeoutMs,
  };
}

/**
 * Plans are kept as long as their connection. One that was made while a table had ten rows would read all of it also when it has a million: PostgreSQL makes a new
 * plan only after it has counted the rows anew. Planning anew for each use takes longer than the statements themselves.
 */
const BY_KEY = ["plan_cache_mode=force_generic_plan", "enable_seqscan=off"];

/** A database that has not answered a statement so long after its time-out will not, ms. */
const GRACE_MS = 1_000;

/**
 * Opens a pool; connections are made when they are needed. Every wait has a time-out.
 * @param onError hears of idle connections that broke
 */
export function connect(url: string, settings: ConnectionSettings, onError: (error: Error) => void): Connection {
  const { size = 10, name = "pickapic", readOnly = false, byKey = false, closeTimeoutMs = 1_500 } = settings;
  const options = [...(readOnly ? ["default_transaction_read_only=on"] : []), ...(byKey ? BY_KEY : [])];
  const { connectTimeoutMs = 10_000, statementTimeoutMs = 5_000 } = settings;
  const sockets = databaseSockets(statementTimeoutMs + GRACE_MS);
  const pool = new pg.Pool({
    connectionString: url,
    max: size,
    application_name: name,
    types,
    stream: sockets.open,
    connectionTimeoutMillis: connectTimeoutMs,
    // Before the socket of an unused connection counts as silent.
    idleTimeoutMillis: statementTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs + GRACE_MS,
    ...(options.length > 0 ? { options: options.map((option) => `-c ${option}`).join(" ") } : {}),
  });
  // Idle connections report to the pool, those that are in use to themselves; unheard, either would end the process.
  pool.on("error", onError).on("connect", (client) => client.on("error", onError));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: preparing(pool) }) });
  // Kysely ends the pool with itself.
  const close = async () => {
    await within(db.destroy(), closeTimeoutMs, () => sockets.destroy("the connection was closed"));
  };
  return { pool, db, cutOff: sockets.destroy, close };
}

/** Runs statements that read whole tables, such as those of the leaderboard, over connections that are otherwise `byKey`. */
export function readWhole<T>(db: Database, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await sql`set local enable_seqscan = on`.execute(tx);
    return read(tx);
  });
}

/** @throws ServerError PICKAPIC_DATABASE_REFUSED */
export async function checkConnection({ pool }: Connection): Promise<void> {
  await pool.query("select 1").catch((error: unknown) => {
    throw new ServerError("PICKAPIC_DATABASE_REFUSED", reasonOf(error));
  });
}
