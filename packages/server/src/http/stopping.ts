/** @file Stops the web part: running requests are finished, new ones are refused, and no idle connection delays the stop. */
import { ServerError } from "../errors.ts";
import type { Streams } from "../rounds/streams.ts";
import type { App } from "./app.ts";

/** A client that does not end its request is disconnected after this, ms. */
const REQUEST_TIMEOUT_MS = 4_000;

export function stopGracefully(app: App, streams: Streams): void {
  let stopping = false;
  app.addHook("preClose", async () => {
    stopping = true;
    streams.close();
    setTimeout(() => app.server.closeAllConnections(), REQUEST_TIMEOUT_MS).unref();
  });
  app.addHook("onRequest", async () => {
    if (stopping) throw new ServerError("PICKAPIC_STOPPING");
  });
  // Without this, a connection with a request at the moment of the stop would stay open until its keep-alive ends.
  app.addHook("onSend", async (_request, reply) => {
    if (stopping) reply.header("connection", "close");
  });
}
