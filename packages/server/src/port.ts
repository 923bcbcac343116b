/** @file The port of a server that listens. */
import type { Server } from "node:net";

/** Returns the port on which a TCP server listens. @throws Error when it does not listen */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("portOf: expected a TCP server that listens");
  return address.port;
}
