/** @file Starts the nightly cleaning: once a night, on one worker, and never because the clock has jumped. */
import { sql } from "kysely";
import { connect, type Database, LONG_STATEMENT_MS } from "../database/database.ts";
import { within } from "../within.ts";
import { forget } from "./forget.ts";
import type { GenerateEffects } from "./generate.ts";

/** What the cleaning needs from outside. */
type CleaningEffects = Omit<GenerateEffects, "db" | "worker" | "troubles" | "scorers">;

/** Pause between two looks at the clock, ms. */
const LOOK_EVERY_MS = 60_000;
/** The cleaning is due at this time of day, UTC. */
const DUE = sql`interval '3 hours 17 minutes'`;
/** If two looks are further apart, the clock has jumped or no worker has run for a long time. */
const JUMP = sql`interval '7 days'`;
/** How long the clock must have run without a jump before the cleaning may delete anything by it. */
const STEADY = sql`interval '6 hours'`;
/** How long a stop waits for a running cleaning, ms. The cleaning may be interrupted anywhere. */
const STOP_MS = 200;

/** The running timer of the nightly cleaning. */
export interface Nightly {
  stop(): Promise<void>;
}

/** Checks now and once a minute whether the cleaning is due, and runs it. Errors go to `onError`. */
export function startNightly(url: string, effects: CleaningEffects, onError: (error: unknown) => void): Nightly {
  const connection = connect(
    url,
    { size: 1, name: "pickapic cleaning", statementTimeoutMs: LONG_STATEMENT_MS, closeTimeoutMs: STOP_MS },
    onError,
  );
  let running: Promise<unknown> = Promise.resolve();
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    running = cleanWhenDue(connection.db, effects)
      .catch(onError)
      .finally(() => {
        busy = false;
      });
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  void look();
  return {
    async stop() {
      clearInterval(timer);
      await within(running, STOP_MS, () => connection.cutOff("the worker stops"));
      await connection.close();
    },
  };
}

async function cleanWhenDue(db: Database, effects: CleaningEffects): Promise<void> {
  if (await claimNight(db)) await forget({ ...effects, db });
}

/**
 * Returns true to the one worker that is to clean tonight. The cleaning is not due in the first six hours of a database, nor for six
 * hours after a jump of the clock or a long pause, so that a clock that is wrong for a while deletes nothing.
 * @param now the database's time; tests pass their own
 */
export async function claimNight(db: Database, now = sql<Date>`now()`): Promise<boolean> {
  await sql`
    insert into chores as c (name, started_at, looked_at, steady_since) values ('cleaning', ${now}, ${now}, ${now})
    on conflict (name) do update set looked_at = excluded.looked_at,
      steady_since = case when excluded.looked_at between c.looked_at - interval '1 hour' and c.looked_at + ${JUMP} then c.steady_since
        else excluded.looked_at end`.execute(db);
  const { numAffectedRows = 0n } = await sql`
    update chores set started_at = ${now} where name = 'cleaning' and ${now} - steady_since >= ${STEADY}
      and (started_at > ${now} or started_at < date_trunc('day', ${now} - ${DUE}, 'UTC') + ${DUE})`.execute(db);
  return numAffectedRows > 0n;
}
