/**
 * @file A lasting connection to PostgreSQL. It is reopened whenever it breaks, and a query every second checks that it still answers.
 */
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";
import { within } from "../within.ts";
import { databaseSockets } from "./sockets.ts";

/** Pause between two attempts to connect, ms. */
const RECONNECT_MS = 300;
/** Time between two checks, ms. */
const ASK_EVERY_MS = 1_000;
/**
 * Number of checks in a row without an answer after which the connection counts as silent. Checks are counted instead of time, because
 * a process that was suspended has checked nothing.
 */
const UNANSWERED_AT_MOST = 3;
/** Number of checks without an answer after which the connection is closed and reopened. */
const UNANSWERED_LOST = 5;
/** How long closing waits for the database to end the connection, ms. */
const GOODBYE_MS = 500;

/** A connection that is reopened when it breaks. */
export interface Session {
  /** Returns the present connection. */
  client(): pg.Client;
  /** True while the database accepts connections or queries but does not answer, so that requests should be refused at once. */
  isSilent(): boolean;
  close(): Promise<void>;
}

/** What a session calls. */
export interface SessionEffects {
  /** Runs on each new connection. */
  setUp(client: pg.Client): Promise<unknown>;
  onError(error: unknown): void;
  /** Called once, when the database has become silent. */
  onSilence?(): void;
}

/**
 * Opens a connection and keeps it open until close(): a broken one is reopened until that succeeds.
 * @throws what the first connection throws
 */
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

  /** Only a timeout makes the database silent. Any other error, such as a refused connection, is an answer. */
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
