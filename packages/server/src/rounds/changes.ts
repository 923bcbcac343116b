/** @file News of rounds: whoever changes one tells PostgreSQL (in the same transaction), and every web process hears of it. */
import { EventEmitter } from "node:events";
import { sql } from "kysely";
import type pg from "pg";
import type { Database } from "../database/database.ts";
import type { Part } from "../database/parts.ts";
import { keepConnected } from "../database/session.ts";

const CHANNEL = "pickapic_round";

/** Heard when the transaction commits, and only then. */
export async function notifyRound(db: Database, roundId: string): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${roundId})`.execute(db);
}

/** The part of a statement that tells of a round when its part `made` has a row. */
export function notifyPart(roundId: string): Part {
  return { name: "told", sql: sql`select pg_notify(${CHANNEL}, ${roundId}) from made`, calls: true };
}

export interface RoundChanges {
  /** Calls `listener` after each change of the round; gives the function that stops it. */
  on(roundId: string, listener: () => void): () => void;
  /** True while the database does not answer at all: requests had better not wait for it. */
  isSilent(): boolean;
  close(): Promise<void>;
}

/**
 * One connection listens for all rounds; when it was made again, every listener is called.
 * @param onSilence called when the database has stopped answering
 */
export async function listenForChanges(
  url: string,
  onError: (error: unknown) => void,
  onSilence?: () => void,
): Promise<RoundChanges> {
  const rounds = new EventEmitter().setMaxListeners(0);
  const listen = async (client: pg.Client) => {
    client.on("notification", ({ payload }) => payload && rounds.emit(payload));
    await client.query(`listen ${CHANNEL}`);
    for (const round of rounds.eventNames()) rounds.emit(round);
  };
  const session = await keepConnected(url, { setUp: listen, onError, onSilence });
  return {
    on(roundId, listener) {
      rounds.on(roundId, listener);
      return () => void rounds.off(roundId, listener);
    },
    isSilent: () => session.isSilent(),
    close: () => session.close(),
  };
}
