/** @file Sends the state of something that changes, such as a round, as server-sent events: as it is now, and again after each change. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Person } from "../auth/sessions.ts";
import type { Streams } from "./streams.ts";

/** What an event stream needs. */
export interface StateFeed {
  /** The person who follows the changes. */
  person: Person;
  /** The open streams of this server, which limit how many there may be. A page whose stream is refused polls instead. */
  streams: Streams;
  /** The state that is sent, as JSON. */
  load(): Promise<object>;
  /** Calls the listener after each change. Returns the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/**
 * Takes over the connection of a request and sends events on it until the client disconnects, the person's session ends, or the server stops.
 * @throws ServerError PICKAPIC_STREAMS_SHARE, PICKAPIC_STREAMS_ADDRESS, PICKAPIC_STREAMS_FULL
 */
export function streamState(request: FastifyRequest, reply: FastifyReply, feed: StateFeed): void {
  const { load, subscribe, streams, person } = feed;
  const { raw } = reply;
  const end = () => void raw.end();
  const write = (text: string) => {
    // After end(), the stream stays open until the client has read everything, and changes may still come.
    if (!raw.writableEnded) raw.write(text);
  };
  const beat = () => write(": still here\n\n");
  const ended = streams.add({ person: person.id, session: person.session, address: request.ip, beat, end });
  reply.hijack();
  raw.writeHead(200, {
    ...headersOf(reply),
    // The connection must close together with the stream, or it would delay the stop of the server.
    connection: "close",
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const send = oneAtATime(
    async () => write(`data: ${JSON.stringify(await load())}\n\n`),
    (error) => {
      request.log.warn(error);
      end();
    },
  );
  const unsubscribe = subscribe(send);
  raw.once("close", () => {
    unsubscribe();
    ended();
  });
  send();
}

/** The headers that plugins such as helmet have set: a hijacked reply would lose them. */
function headersOf(reply: FastifyReply): Record<string, number | string | string[]> {
  return Object.fromEntries(Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >;
}

/** Returns a function that runs `send`, never twice at once: all calls during a run together cause one more run. */
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
