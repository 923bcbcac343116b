/** @file Failures that pass by themselves: the database is away, the disk is full. What was asked for can be tried again as it is. */
import { ServerError } from "./errors.ts";

/** Codes of a full disk: of the system, and of PostgreSQL. */
const DISK_FULL = new Set(["ENOSPC", "EDQUOT", "53100"]);

/**
 * Codes of a database that cannot answer now. Class 57P0: PostgreSQL is shutting down, crashed or starting. 08: the connection broke. 57014, 55P03, 25P03, 25P04: a
 * statement, a lock or a transaction took longer than its time-out. 53200, 53300: no memory, too many connections. 25006: it became a replica.
 */
const DATABASE_AWAY = /^(57P0|08|57014|55P03|25P0[34]|53[234]00|25006|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)/;

/** What the driver says without a code. */
const CONNECTION_LOST =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Cannot use a pool/;

/** The failure in the words of the error table, or null when it will not pass: a bug, a refusal. */
export function passingFailure(error: unknown): ServerError | null {
  if (error instanceof ServerError) return error.status === 503 ? error : null;
  if (!(error instanceof Error)) return null;
  if (DISK_FULL.has(codeOf(error))) return new ServerError("PICKAPIC_DISK_FULL");
  return isDatabaseLost(error) ? new ServerError("PICKAPIC_DATABASE_UNREACHABLE") : null;
}

/** True for errors that say that the database cannot answer now, rather than that the query was wrong. */
export function isDatabaseLost(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return DATABASE_AWAY.test(codeOf(error)) || CONNECTION_LOST.test(error.message);
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
