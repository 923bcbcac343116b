/** @file One connection that is kept: made again, and set up again, whenever it breaks. */
import { setTimeout as wait } from "node:timers/promises";
import pg from "pg";

const RECONNECT_MS = 500;

export interface Session {
  /** The connection of this moment. */
  client(): pg.Client;
  close(): Promise<void>;
}

/**
 * @param setUp runs on each new connection.
 * @throws what the first connection throws; later ones are tried until close().
 */
export async function keepConnected(
  url: string,
  setUp: (client: pg.Client) => Promise<void>,
  onError: (error: unknown) => void,
): Promise<Session> {
  const closing = new AbortController();
  let client = await open();

  async function open(): Promise<pg.Client> {
    const fresh = new pg.Client({ connectionString: url, application_name: "pickapic session", keepAlive: true });
    fresh.on("error", onError);
    await fresh.connect();
    await setUp(fresh);
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

  return {
    client: () => client,
    async close() {
      closing.abort();
      await client.end().catch(() => undefined);
    },
  };
}
