/** @file One round as server-sent events: its state now, and after each change. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Round } from "../api.ts";
import { checkStreams, type StreamOwner } from "../http/limits.ts";
import type { ResolvedSettings } from "../settings.ts";

/** Proxies close connections that say nothing, ms. */
const HEARTBEAT = 15_000;

export interface RoundFeed {
  /** Who follows the round. */
  owner: string;
  /** How many streams there may be. A page whose stream is refused asks instead. */
  limits: Pick<ResolvedSettings, "streamLimit" | "addressStreamLimit" | "userStreamLimit">;
  load(): Promise<Round>;
  /** Gives the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/**
 * Takes the connection over; it ends when the client goes or the server stops.
 * @throws ServerError PICKAPIC_STREAMS_SHARE, PICKAPIC_STREAMS_ADDRESS, PICKAPIC_STREAMS_FULL
 */
export function streamRound(request: FastifyRequest, reply: FastifyReply, feed: RoundFeed): void {
  const { load, subscribe } = feed;
  const owner = { person: feed.owner, address: request.ip };
  checkStreams([...(open.get(request.server.server)?.values() ?? [])], owner, feed.limits);
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
const open = new WeakMap<object, Map<() => void, StreamOwner>>();

function onStop({ server }: FastifyRequest, owner: StreamOwner, end: () => void): () => void {
  const ends = open.get(server.server) ?? new Map<() => void, StreamOwner>();
  open.set(server.server, ends.set(end, owner));
  return () => void ends.delete(end);
}

/** Ends every stream of a server, so that it can close. */
export function endStreams(server: object): void {
  for (const end of open.get(server)?.keys() ?? []) end();
}
