/** @file One round as server-sent events: its state now, and after each change. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Round } from "../api.ts";

/** Proxies close connections that say nothing, ms. */
const HEARTBEAT = 15_000;

export interface RoundFeed {
  load(): Promise<Round>;
  /** Gives the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/** Takes the connection over; it ends when the client goes or the server stops. */
export function streamRound(request: FastifyRequest, reply: FastifyReply, { load, subscribe }: RoundFeed): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...headersOf(reply),
    // When the server stops the connection ends with the stream.
    connection: "close",
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const end = () => raw.end();
  const send = oneAtATime(
    async () => raw.write(`data: ${JSON.stringify(await load())}\n\n`),
    (error) => {
      request.log.warn(error);
      end();
    },
  );
  const unsubscribe = subscribe(send);
  const heartbeat = setInterval(() => raw.write(": still here\n\n"), HEARTBEAT);
  const stopping = onStop(request, end);
  raw.once("close", () => {
    unsubscribe();
    stopping();
    clearInterval(heartbeat);
  });
  send();
}

/** What helmet and others have set. */
function headersOf(reply: FastifyReply): Record<string, number | string | string[]> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

/** Changes that come while one is being sent are sent as one. */
function oneAtATime(send: () => Promise<unknown>, onError: (error: unknown) => void): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    running = true;
    do {
      again = false;
      await send();
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) run().catch(onError);
  };
}

const open = new WeakMap<object, Set<() => void>>();

function onStop({ server }: FastifyRequest, end: () => void): () => void {
  const ends = open.get(server.server) ?? new Set();
  open.set(server.server, ends.add(end));
  return () => void ends.delete(end);
}

/** Ends every stream of a server, so that it can close. */
export function endStreams(server: object): void {
  for (const end of open.get(server) ?? []) end();
}
