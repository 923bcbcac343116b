/** @file News of rounds: whoever changes one tells PostgreSQL (in the same transaction), and every web process hears of it. */
import { EventEmitter } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { sql } from "kysely";
import pg from "pg";
import type { Database } from "../database/database.ts";

const CHANNEL = "pickapic_round";
const RECONNECT_MS = 500;

/** Heard when the transaction commits, and only then. */
export async function notifyRound(db: Database, roundId: string): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${roundId})`.execute(db);
}

export interface RoundChanges {
  /** Calls `listener` after each change of the round; gives the function that stops it. */
  on(roundId: string, listener: () => void): () => void;
  close(): Promise<void>;
}

/** One connection listens for all rounds; when it breaks it is made again, and everybody is told to look. */
export async function listenForChanges(url: string, onError: (error: unknown) => void): Promise<RoundChanges> {
  const rounds = new EventEmitter().setMaxListeners(0);
  let closed = false;
  let client = await listen();

  async function listen(): Promise<pg.Client> {
    const fresh = new pg.Client({ connectionString: url, application_name: "pickapic listen" });
    fresh.on("notification", ({ payload }) => payload && rounds.emit(payload));
    fresh.on("error", onError);
    fresh.once("end", () => void reconnect());
    await fresh.connect();
    await fresh.query(`listen ${CHANNEL}`);
    return fresh;
  }

  async function reconnect(): Promise<void> {
    while (!closed) {
      await wait(RECONNECT_MS);
      if (closed) return;
      try {
        client = await listen();
        for (const round of rounds.eventNames()) rounds.emit(round);
        return;
      } catch (error) {
        onError(error);
      }
    }
  }

  return {
    on(roundId, listener) {
      rounds.on(roundId, listener);
      return () => void rounds.off(roundId, listener);
    },
    async close() {
      closed = true;
      await client.end().catch(() => undefined);
    },
  };
}
