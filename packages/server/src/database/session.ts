/**
 * @file A lasting connection to PostgreSQL: it is reopened whenever it breaks, and asked every second whether it still answers.
 */
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { within } from "../within.ts";
import { databaseSockets } from "./sockets.ts";

/** Pause between two attempts to connect, ms. */
const RECONNECT_MS = 300;
/** Pause between two questions, ms. */
const ASK_EVERY_MS = 1_000;
/**
 * Unanswered questions in a row after which the connection counts as silent. They are counted, not timed, because a process that
 * was paused has asked nothing.
 */
const UNANSWERED_AT_MOST = 3;
/** Unanswered questions after which the connection is given up and reopened. */
const UNANSWERED_LOST = 5;
/** ms that closing waits for the database's goodbye */
const GOODBYE_MS = 500;

export interface Session {
  /** The present connection. */
  client(): pg.Client;
  /** True while the database accepts connections or questions but does not answer; then requests should be refused at once. */
  isSilent(): boolean;
  close(): Promise<void>;
}

export interface SessionEffects {
  /** Runs on each new connection. */
  setUp(client: pg.Client): Promise<unknown>;
  onError(error: unknown): void;
  /** Called once, when the database has become silent. */
  onSilence?(): void;
}

/** @throws what the first connection throws; later ones are retried until close() */
export async function keepConnected(
  url: string,
  { setUp, onError, onSilence = () => undefined }: SessionEffects,
): Promise<Session> {
  const closing = new AbortController();
  const sockets = databaseSockets(ASK_EVERY_MS * (UNANSWERED_LOST + 1));
  let unanswered = 0;
  let asking = false;
  let client = await open();

  async function open(): Promise<pg.Client> {
    const fresh = new pg.Client({ connectionString: url, application_name: "pickapic session", stream: sockets.open });
    fresh.on("error", onError);
    asking = true;
    try {
      await fresh.connect();
      await setUp(fresh);
    } catch (error) {
      noAnswer(error);
      void within(fresh.end(), GOODBYE_MS, () => sockets.destroy("the connection could not be set up"));
      throw error;
    }
    answered();
    fresh.once("end", () => void reopen());
    return fresh;
  }

  async function reopen(): Promise<void> {
    while (!closing.signal.aborted) {
      await wait(RECONNECT_MS, undefined, { signal: closing.signal }).catch(() => undefined);
      if (closing.signal.aborted) return;
      const fresh = await open().catch(onError);
      if (fresh) {
        client = fresh;
        return;
      }
    }
  }

  function answered(): void {
    asking = false;
    unanswered = 0;
  }

  /** A refusal is an answer, too: then the database is away, not silent. */
  function noAnswer(error: unknown): void {
    if (!isTimeOut(error)) answered();
    else {
      asking = false;
      unanswered = UNANSWERED_AT_MOST;
    }
  }

  function ask(): void {
    if (!asking) {
      asking = true;
      client.query("select 1").then(answered, noAnswer);
      return;
    }
    unanswered += 1;
    if (unanswered === UNANSWERED_AT_MOST) onSilence();
    if (unanswered === UNANSWERED_LOST) sockets.destroy("the database does not answer");
  }

  const timer = setInterval(ask, ASK_EVERY_MS);
  return {
    client: () => client,
    isSilent: () => unanswered >= UNANSWERED_AT_MOST,
    async close() {
      closing.abort();
      clearInterval(timer);
      await within(client.end(), GOODBYE_MS, () => sockets.destroy("the session was closed"));
    },
  };
}

function isTimeOut(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ETIMEDOUT";
}
