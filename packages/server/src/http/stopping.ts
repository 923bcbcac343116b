/** @file How the web part stops: running requests are finished, new ones are sent away, and no idle connection holds it up. */
import { ServerError } from "../errors.ts";
import type { Streams } from "../rounds/streams.ts";
import type { App } from "./app.ts";

/** A client that never ends its request is cut off, ms. */
const PATIENCE = 4_000;

export function stopGracefully(app: App, streams: Streams): void {
  let stopping = false;
  app.addHook("preClose", async () => {
    stopping = true;
    streams.close();
    setTimeout(() => app.server.closeAllConnections(), PATIENCE).unref();
  });
  app.addHook("onRequest", async () => {
    if (stopping) throw new ServerError("PICKAPIC_STOPPING");
  });
  // A connection that carried a request when the stop began would stay open, idle, until its keep-alive ends.
  app.addHook("onSend", async (_request, reply) => {
    if (stopping) reply.header("connection", "close");
  });
}
