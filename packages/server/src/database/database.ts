/** @file The connection to PostgreSQL: one pool, used by kysely and for raw SQL. */
import { Kysely, PostgresDialect, sql, type Transaction } from "kysely";
import pg from "pg";
import { reasonOf, ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import { within } from "../within.ts";
import { preparing } from "./prepared.ts";
import { databaseSockets } from "./sockets.ts";
import type { Tables } from "./tables.ts";

/** The database, as kysely types it. A transaction is one as well. */
export type Database = Kysely<Tables>;
/** A transaction of the database. */
export type Tx = Transaction<Tables>;

/** An open pool of connections. */
export interface Connection {
  readonly pool: pg.Pool;
  readonly db: Database;
  /** Ends all open connections. Queries that wait for an answer fail with this reason; the next query opens a new connection. */
  cutOff(reason: string): void;
  /** Waits for running queries, `closeTimeoutMs` at most, and closes the pool. */
  close(): Promise<void>;
}

/** How a pool connects. */
export interface ConnectionSettings {
  /** Largest number of connections. Default 10. */
  size?: number;
  /** The name that pg_stat_activity shows. */
  name?: string;
  readOnly?: boolean;
  /**
   * True for connections whose statements find a few rows by their keys. Each connection then plans a statement once, and the plan uses indexes even while
   * the tables are small. Statements that need whole tables run in readWhole.
   */
  byKey?: boolean;
  /** How long a query may wait for a connection, ms. Default 10,000. */
  connectTimeoutMs?: number;
  /** How long a statement may take, ms. The database cancels it then; if the database does not answer, the connection is closed a second later. Default 5,000. */
  statementTimeoutMs?: number;
  /** How long close() waits for running queries, ms. Default 1,500. */
  closeTimeoutMs?: number;
}

/** The type id of int8. All int8 columns hold numbers below 2^53 (sequence ids, pseudonyms, counts), so they are read as numbers. */
const INT8 = 20;
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as pg.CustomTypesConfig["getTypeParser"],
};

/** Timeout of statements that may read whole tables, such as those of exports, migrations and the nightly cleaning, ms. */
export const LONG_STATEMENT_MS = 600_000;

/** Returns the database timeouts of the server's settings, as connect takes them. */
export function timeoutsOf(settings: ResolvedSettings): Pick<ConnectionSettings, "connectTimeoutMs" | "statementTimeoutMs"> {
  return {
    connectTimeoutMs: settings.databaseConnectTimeoutMs,
    statementTimeoutMs: settings.databaseStatementTimeoutMs,
  };
}

/**
 * Options of `byKey` connections. PostgreSQL keeps the plan of a prepared statement, and a plan made while a table had ten rows would still read the whole table when it
 * has a million. Planning at each use would avoid that, but planning takes longer than running the statements.
 */
const BY_KEY = ["plan_cache_mode=force_generic_plan", "enable_seqscan=off"];

/** How long after the timeout of a statement the database may still report it, ms. After that, the connection counts as dead. */
const GRACE_MS = 1_000;

/**
 * Opens a pool. Connections are made when they are needed, and every wait has a timeout.
 * @param onError called when a connection breaks
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
    // Shorter than the silence after which databaseSockets ends a connection, so that an idle one is closed in an orderly way first.
    idleTimeoutMillis: statementTimeoutMs,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: statementTimeoutMs + GRACE_MS,
    ...(options.length > 0 ? { options: options.map((option) => `-c ${option}`).join(" ") } : {}),
  });
  // The error of an idle connection goes to the pool, that of a connection in use to its client. Without a listener, either would end the process.
  pool.on("error", onError).on("connect", (client) => client.on("error", onError));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: preparing(pool) }) });
  // kysely ends the pool only after it has asked something itself; a pool that only raw SQL used would hold the process until it is idle for too long.
  const end = async () => {
    await db.destroy();
    if (!pool.ending) await pool.end();
  };
  const close = async () => {
    await within(end(), closeTimeoutMs, () => sockets.destroy("the connection was closed"));
  };
  return { pool, db, cutOff: sockets.destroy, close };
}

/** Runs statements that read whole tables, such as those of the leaderboard, on a `byKey` pool: in a transaction that allows such plans. */
export function readWhole<T>(db: Database, read: (tx: Tx) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (tx) => {
    await sql`set local enable_seqscan = on`.execute(tx);
    return read(tx);
  });
}

/**
 * Checks that the database accepts a connection and answers.
 * @throws ServerError PICKAPIC_DATABASE_REFUSED
 */
export async function checkConnection({ pool }: Connection): Promise<void> {
  await pool.query("select 1").catch((error: unknown) => {
    throw new ServerError("PICKAPIC_DATABASE_REFUSED", reasonOf(error));
  });
}
