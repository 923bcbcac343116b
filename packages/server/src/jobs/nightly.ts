/** @file Starts the nightly cleaning: once a night, on one worker, and never because a clock has jumped. */
import { sql } from "kysely";
import { connect, type Database, LONG_STATEMENT_MS } from "../database/database.ts";
import { within } from "../within.ts";
import { forget } from "./forget.ts";
import type { GenerateEffects } from "./generate.ts";

/** What the cleaning needs from outside. */
type CleaningEffects = Omit<GenerateEffects, "db" | "worker">;

/** Pause between two looks at the clock, ms. */
const LOOK_EVERY_MS = 60_000;
/** The cleaning is due at this time of day, UTC. */
const DUE = sql`interval '3 hours 17 minutes'`;
/** Two looks further apart mean that the clock has jumped, or that no worker ran for a long time. */
const JUMP = sql`interval '7 days'`;
/** How long the clock must have run steadily before anything is deleted by it. */
const STEADY = sql`interval '6 hours'`;
/** How long a stop waits for the cleaning, which may be interrupted anywhere, ms. */
const STOP_MS = 200;

export interface Nightly {
  stop(): Promise<void>;
}

/** Looks once a minute whether the cleaning is due, and cleans. */
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
 * Returns true for the one worker that cleans tonight. Nothing is due in the first hours of a database, nor after a jump of the
 * clock or a long pause: a clock that is wrong for an hour must not delete anything.
 * @param now time of the database; tests pass their own
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
