/** @file Sends the state of something that changes, such as a round, as server-sent events: as it is now, and again after each change. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Person } from "../auth/sessions.ts";
import type { RoundNews } from "../rounds/changes.ts";
import type { Streams } from "./streams.ts";

/** What an event stream needs. */
export interface StateFeed {
  /** The person who follows the changes. */
  person: Person;
  /** The open streams of this server, which limit how many there may be. A page whose stream is refused polls instead. */
  streams: Streams;
  /** The state that is sent, as JSON. What it throws at first is thrown by streamState. */
  load(): Promise<object>;
  /** Calls the listener after each change. Returns the function that ends the subscription. */
  subscribe(listener: (news: RoundNews) => void): () => void;
}

/** How long news of progress may wait for further news, ms. Several images that become ready in this time are one event. */
const PROGRESS_WAITS_MS = 500;

/**
 * Takes over the connection of a request and sends events on it until the client disconnects, the person's session ends, or the server stops.
 * @throws ServerError PICKAPIC_STREAMS_SHARE, PICKAPIC_STREAMS_ADDRESS, PICKAPIC_STREAMS_FULL; what the first `load` throws
 */
export async function streamState(request: FastifyRequest, reply: FastifyReply, feed: StateFeed): Promise<void> {
  const { streams, person } = feed;
  const { raw } = reply;
  const end = () => void raw.end();
  const write = (text: string) => {
    // After end(), the stream stays open until the client has read everything, and changes may still come.
    if (!raw.writableEnded) raw.write(text);
  };
  const beat = () => write(": still here\n\n");
  const { first, start, close } = await follow(feed);
  if (raw.destroyed) {
    // The client left while the state was read: its "close" has been, and would end neither the subscription nor the stream.
    close();
    reply.hijack();
    return;
  }
  let ended: () => void;
  try {
    ended = streams.add({ person: person.id, session: person.session, address: request.ip, beat, end });
  } catch (error) {
    close();
    throw error;
  }
  raw.once("close", () => {
    close();
    ended();
  });
  reply.hijack();
  raw.writeHead(200, {
    ...headersOf(reply),
    // The connection must close together with the stream, or it would delay the stop of the server.
    connection: "close",
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  const send = (state: object) => write(`data: ${JSON.stringify(state)}\n\n`);
  send(first);
  start(send, (error) => {
    request.log.warn(error);
    end();
  });
}

/** A state that is followed. */
interface Followed {
  /** The state when the subscription began. */
  first: object;
  /** Calls `send` with the state after each change since then. When loading it fails, calls `onError`. */
  start(send: (state: object) => void, onError: (error: unknown) => void): void;
  /** Ends the subscription. */
  close(): void;
}

/** Subscribes, and then loads the state, so that no change is missed in between. @throws what `load` throws; there is no subscription then */
async function follow({ load, subscribe }: Pick<StateFeed, "load" | "subscribe">): Promise<Followed> {
  let hasChanged = false;
  let onNews = (_news: RoundNews) => {
    hasChanged = true;
  };
  let delayed: NodeJS.Timeout | undefined;
  const unsubscribe = subscribe((news) => onNews(news));
  const close = () => {
    unsubscribe();
    clearTimeout(delayed);
  };
  const first = await load().catch((error: unknown) => {
    close();
    throw error;
  });
  const start: Followed["start"] = (send, onError) => {
    const reload = oneAtATime(async () => send(await load()), onError);
    onNews = (news) => {
      if (news === "progress") {
        delayed ??= setTimeout(() => onNews("state"), PROGRESS_WAITS_MS);
        return;
      }
      clearTimeout(delayed);
      delayed = undefined;
      reload();
    };
    if (hasChanged) onNews("state");
  };
  return { first, start, close };
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
