/** @file Sockets to PostgreSQL with a timeout, because a driver would wait forever for a server that does not answer. */
import { Socket } from "node:net";

export interface Sockets {
  /** Creates the socket of a new connection; called by the driver. */
  open(): Socket;
  /** Ends every connection at once; pending queries fail with this reason. */
  destroy(reason: string): void;
}

/** @param silenceMs a connection without traffic for this long is ended; the pool closes idle connections earlier */
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
