/** @file Recognises failures after which the same request can be tried again: the database is away, or the disk is full. */
import { ServerError } from "./errors.ts";

/** Error codes of a full disk, from the system and from PostgreSQL. */
const DISK_FULL = new Set(["ENOSPC", "EDQUOT", "53100"]);

/**
 * Error codes of a database that cannot answer now. 57P0x: PostgreSQL is shutting down, has crashed or is starting. 08xxx: the connection broke. 57014, 55P03, 25P03, 25P04: a
 * statement, a lock or a transaction exceeded its timeout. 53200, 53300, 53400: no memory, too many connections, another limit. 25006: it became a read-only replica.
 */
const DATABASE_AWAY = /^(57P0|08|57014|55P03|25P0[34]|53[234]00|25006|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)/;

/** Messages of the driver's errors that have no code. */
const CONNECTION_LOST =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool/;

/** Returns the ServerError for a failure that can be tried again. Null for any other, such as a bug or a refused request. */
export function passingFailure(error: unknown): ServerError | null {
  if (error instanceof ServerError) return error.status === 503 ? error : null;
  if (!(error instanceof Error)) return null;
  if (DISK_FULL.has(codeOf(error))) return new ServerError("PICKAPIC_DISK_FULL");
  return isDatabaseLost(error) ? new ServerError("PICKAPIC_DATABASE_UNREACHABLE") : null;
}

/** True for an error that means that the database cannot answer now. False for an error of the query. */
export function isDatabaseLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return DATABASE_AWAY.test(codeOf(error)) || CONNECTION_LOST.test(error.message);
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
