/** @file One round as server-sent events: its state now, and after each change. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Round } from "../api.ts";
import type { Person } from "../auth/sessions.ts";
import type { Streams } from "./streams.ts";

export interface RoundFeed {
  /** Who follows the round. */
  person: Person;
  /** Those that are open. A page whose stream is refused asks instead. */
  streams: Streams;
  load(): Promise<Round>;
  /** Gives the function that ends the subscription. */
  subscribe(listener: () => void): () => void;
}

/**
 * Takes the connection over; it ends when the client goes, the session of the person ends, or the server stops.
 * @throws ServerError PICKAPIC_STREAMS_SHARE, PICKAPIC_STREAMS_ADDRESS, PICKAPIC_STREAMS_FULL
 */
export function streamRound(request: FastifyRequest, reply: FastifyReply, feed: RoundFeed): void {
  const { load, subscribe, streams, person } = feed;
  const { raw } = reply;
  const end = () => void raw.end();
  const write = (text: string) => {
    // A stream that was ended stays open until the client has read it to the end.
    if (!raw.writableEnded) raw.write(text);
  };
  const beat = () => write(": still here\n\n");
  const ended = streams.add({ person: person.id, session: person.session, address: request.ip, beat, end });
  reply.hijack();
  raw.writeHead(200, {
    ...headersOf(reply),
    // When the server stops the connection ends with the stream.
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
