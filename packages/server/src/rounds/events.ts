/** @file One round as server-sent events: its state now, and after each change. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Round } from "../api.ts";
import { ServerError } from "../errors.ts";

/** Proxies close connections that say nothing, ms. */
const HEARTBEAT = 15_000;

/** Rounds that one person may follow at once: each holds a connection. A page whose stream is refused asks instead. */
const STREAMS_OF_ONE = 20;

export interface RoundFeed {
  /** Who follows the round. */
  owner: string;
  load(): Promise<Round>;
  /** Gives the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/**
 * Takes the connection over; it ends when the client goes or the server stops.
 * @throws ServerError PICKAPIC_STREAMS_SHARE
 */
export function streamRound(request: FastifyRequest, reply: FastifyReply, { owner, load, subscribe }: RoundFeed): void {
  checkShare(request, owner);
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
  const stopping = onStop(request, owner, end);
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

/** Of each server, the streams that are open: how to end one, and whose it is. */
const open = new WeakMap<object, Map<() => void, string>>();

function checkShare({ server }: FastifyRequest, owner: string): void {
  const owners = [...(open.get(server.server)?.values() ?? [])];
  if (owners.filter((other) => other === owner).length >= STREAMS_OF_ONE)
    throw new ServerError("PICKAPIC_STREAMS_SHARE", STREAMS_OF_ONE);
}

function onStop({ server }: FastifyRequest, owner: string, end: () => void): () => void {
  const ends = open.get(server.server) ?? new Map<() => void, string>();
  open.set(server.server, ends.set(end, owner));
  return () => void ends.delete(end);
}

/** Ends every stream of a server, so that it can close. */
export function endStreams(server: object): void {
  for (const end of open.get(server)?.keys() ?? []) end();
}
