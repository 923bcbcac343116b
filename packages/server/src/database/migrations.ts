/** @file All migrations by name, and how they are run. Their SQL is beside, in `migrations/`. A published migration is never changed. */
import type { Kysely, sql } from "kysely";
import { type Migration, type MigrationProvider, Migrator } from "kysely/migration";
import { reasonOf, ServerError } from "../errors.ts";
import { connect, LONG_STATEMENT_MS } from "./database.ts";
import { CHEAP_ANSWERS, CLEANING, FILE_STORE, TURNS, WAYS_OUT } from "./migrations/early.ts";
import { ACCOUNTS, LOOP } from "./migrations/first.ts";
import {
  BEST_OF,
  FEWER_CHECKS,
  FINISHED,
  MADE_EARLIER,
  ONE_QUEUE,
  RANKED,
  REAL_MODELS,
  REVEALED,
  SEEN,
} from "./migrations/later.ts";

/** All migrations. They run in the order of their names. */
export const MIGRATIONS: Record<string, Migration> = {
  "0001-accounts": { up: (db) => runAll(db, ACCOUNTS) },
  "0002-loop": { up: (db) => runAll(db, LOOP) },
  "0003-cleaning": { up: (db) => runAll(db, CLEANING) },
  "0004-ways-out": { up: (db) => runAll(db, WAYS_OUT) },
  "0005-turns": { up: (db) => runAll(db, TURNS) },
  "0006-file-store": { up: (db) => runAll(db, FILE_STORE) },
  "0007-cheap-answers": { up: (db) => runAll(db, CHEAP_ANSWERS) },
  "0008-revealed": { up: (db) => runAll(db, REVEALED) },
  "0009-seen": { up: (db) => runAll(db, SEEN) },
  "0010-finished": { up: (db) => runAll(db, FINISHED) },
  "0010-one-queue": { up: (db) => runAll(db, ONE_QUEUE) },
  "0011-real-models": { up: (db) => runAll(db, REAL_MODELS) },
  "0012-fewer-checks": { up: (db) => runAll(db, FEWER_CHECKS) },
  "0013-made-earlier": { up: (db) => runAll(db, MADE_EARLIER) },
  "0014-ranked": { up: (db) => runAll(db, RANKED) },
  "0015-best-of": { up: (db) => runAll(db, BEST_OF) },
};

async function runAll(db: Kysely<unknown>, statements: readonly ReturnType<typeof sql>[]): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}

/**
 * Brings the database up to date: runs all missing migrations in one transaction. Kysely's lock lets one process migrate at a time.
 * @throws ServerError PICKAPIC_DATABASE_NEWER or PICKAPIC_MIGRATION_FAILED; then nothing has changed
 */
export async function migrate<T>(db: Kysely<T>, migrations = MIGRATIONS): Promise<void> {
  const provider: MigrationProvider = { getMigrations: async () => migrations };
  const migrator = new Migrator({ db, provider, migrationTableName: "migrations", migrationLockTableName: "migrations_lock" });
  const done = await migrator.getMigrations().then(
    (list) => list.length,
    () => 0,
  );
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (done > 0 && String(error).includes("missing")) throw new ServerError("PICKAPIC_DATABASE_NEWER");
  const failed = results?.find(({ status }) => status === "Error")?.migrationName ?? "(before the first)";
  throw new ServerError("PICKAPIC_MIGRATION_FAILED", failed, reasonOf(error));
}

/**
 * Migrates the database at a URL, over a connection of its own with a long timeout, because statements of a migration may take minutes.
 * @throws ServerError PICKAPIC_DATABASE_NEWER or PICKAPIC_MIGRATION_FAILED
 */
export async function bringUpToDate(url: string): Promise<void> {
  const connection = connect(
    url,
    { size: 1, name: "pickapic migrations", statementTimeoutMs: LONG_STATEMENT_MS },
    () => undefined,
  );
  await migrate(connection.db).finally(() => connection.close());
}
