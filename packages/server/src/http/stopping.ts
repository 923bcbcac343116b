/** @file Stops the web application in an orderly way: running requests finish, new ones are refused, and idle connections do not delay the stop. */
import { ServerError } from "../errors.ts";
import type { App } from "./app.ts";

/** How long running requests may take by default after the stop has begun, ms. Then their connections are closed. */
const FINISH_MS = 4_000;

/**
 * Registers what close() of the application does to requests and connections.
 * @param onStop ends replies that do not end by themselves
 * @param finishMs how long running requests may take after the stop has begun; then their connections are closed
 */
export function stopGracefully(app: App, onStop: () => void, finishMs = FINISH_MS): void {
  let stopping = false;
  app.addHook("preClose", async () => {
    stopping = true;
    onStop();
    setTimeout(() => app.server.closeAllConnections(), finishMs).unref();
  });
  app.addHook("onRequest", async () => {
    if (stopping) throw new ServerError("PICKAPIC_STOPPING");
  });
  // Otherwise a connection that carries a request when the stop begins would stay open until its keep-alive timeout.
  app.addHook("onSend", async (_request, reply) => {
    if (stopping) reply.header("connection", "close");
  });
}
