/** @file Sockets to PostgreSQL with a timeout, because the driver would wait forever for a server that does not answer. */
import { Socket } from "node:net";

/** The sockets of a pool or a client. */
export interface Sockets {
  /** Creates the socket of a new connection. The driver calls this. */
  open(): Socket;
  /** Ends every connection at once. Pending queries fail with this reason. */
  destroy(reason: string): void;
}

/**
 * Creates sockets that time out.
 * @param silenceMs time without traffic after which a connection is ended, ms; a pool must close idle connections earlier
 */
export function databaseSockets(silenceMs: number): Sockets {
  const open = new Set<Socket>();
  return {
    open() {
      const socket = new Socket();
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      socket.setTimeout(silenceMs, () => socket.destroy(silent(`the database did not answer for ${silenceMs} ms`)));
      return socket;
    },
    destroy(reason) {
      for (const socket of open) socket.destroy(silent(reason));
    },
  };
}

function silent(reason: string): Error {
  return Object.assign(new Error(reason), { code: "ETIMEDOUT" });
}
