/** @file Notifications about rounds: a process that changes a round notifies PostgreSQL in the same transaction, and every web process is told. */
import { EventEmitter } from "node:events";
import { sql } from "kysely";
import type pg from "pg";
import type { Database } from "../database/database.ts";
import { keepConnected } from "../database/session.ts";
import type { TableExpression } from "../database/tableExpressions.ts";

const CHANNEL = "pickapic_round";

/** What has changed in a round: "state" is news that its person waits for, such as a pair that is ready; "progress" says only how far its images are. */
export type RoundNews = "state" | "progress";

/** Stands after the id of the round in a notification of progress. */
const PROGRESS = " progress";

const payloadOf = (roundId: string, news: RoundNews) => (news === "progress" ? roundId + PROGRESS : roundId);

/** Notifies every web process that a round has changed. PostgreSQL sends the notification when the transaction commits, and only then. */
export async function notifyRound(db: Database, roundId: string, news: RoundNews = "state"): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${payloadOf(roundId, news)})`.execute(db);
}

/** Returns the table expression of a statement that notifies of a round if the table expression `made` has a row. */
export function notifyExpression(roundId: string, news: RoundNews): TableExpression {
  return { name: "told", sql: sql`select pg_notify(${CHANNEL}, ${payloadOf(roundId, news)}) from made`, calls: true };
}

/** Notifications about changed rounds. */
export interface RoundChanges {
  /** Calls `listener` after each change of the round. Returns the function that removes the listener. */
  on(roundId: string, listener: (news: RoundNews) => void): () => void;
  /** True while the database does not answer at all, so that requests should be refused at once. */
  isSilent(): boolean;
  close(): Promise<void>;
}

/**
 * Listens for changes of all rounds over one connection. After a reconnection every listener is called, because notifications may have been missed.
 * @param onSilence called when the database has stopped answering
 */
export async function listenForChanges(
  url: string,
  onError: (error: unknown) => void,
  onSilence?: () => void,
): Promise<RoundChanges> {
  const rounds = new EventEmitter().setMaxListeners(0);
  const listen = async (client: pg.Client) => {
    client.on("notification", ({ payload = "" }) => {
      if (payload.endsWith(PROGRESS)) rounds.emit(payload.slice(0, -PROGRESS.length), "progress");
      else rounds.emit(payload, "state");
    });
    await client.query(`listen ${CHANNEL}`);
    for (const round of rounds.eventNames()) rounds.emit(round, "state");
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
