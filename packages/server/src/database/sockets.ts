/** @file The sockets of connections to PostgreSQL. A driver waits for ever for a server that does not answer; these sockets do not. */
import { Socket } from "node:net";

export interface Sockets {
  /** Makes the socket of a new connection; the driver calls it. */
  open(): Socket;
  /** Ends every connection at once: what waits for an answer on one fails with this reason. */
  destroy(reason: string): void;
}

/**
 * @param silenceMs a connection over which nothing comes or goes for so long is ended. Connections that wait in a pool are closed earlier by the pool.
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
