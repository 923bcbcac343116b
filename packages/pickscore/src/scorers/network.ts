/** @file The requests of scorers on the network: each batch is one POST, sent again when a server that is busy says when it has time. */
import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "@pickapic/errors";
import { retryAfter } from "@pickapic/hub";
import { PickScoreError } from "../errors.ts";
import { withinTime } from "./external.ts";

/** Statuses of a server that is busy or not there yet: the call counts as failed, and its images are asked for again. */
const PASSING: ReadonlySet<number> = new Set([408, 409, 425, 429, 500, 502, 503, 504, 529]);

/** How often a request is sent in all while the server asks to wait. */
const MOST_SENT = 4;

/** The longest pause that is made, s. A server that asks for a longer one fails the call, so that the user decides. */
const LONGEST_PAUSE_S = 60;

/** How a request is sent. */
export interface PostOptions {
  /** Time for each sending, ms, without the pauses; default 60,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  /** Whether a redirect is followed (the default) or fails the call. */
  readonly redirect?: "follow" | "error";
  /** What was expected instead of a status that no other try can mend, for the message; default "status 200". */
  readonly expected?: string;
}

/**
 * Posts JSON to a scorer and returns the text of the reply.
 * @param name the scorer, for messages
 * @throws {PickScoreError} PICKAPIC_SCORER_REPLY for a status that no other try can mend, PICKAPIC_SCORER_TIMEOUT
 * @throws an ordinary Error when the network fails or the server is busy, so that the call counts as failed and is tried again
 */
export async function postJson(url: URL | string, body: object, name: string, options: PostOptions): Promise<string> {
  const { timeoutMs = 60_000, signal, expected = "status 200" } = options;
  for (let sent = 1; ; sent++) {
    const reply = await withinTime(name, { timeoutMs, signal }, (either) => send(url, body, options, either));
    const { status, text } = reply;
    if (status >= 200 && status < 300) return text;
    const pause = sent < MOST_SENT ? pauseOf(reply, sent) : null;
    if (pause === null) {
      const came = `status ${status}${text.trim() && ` with "${text.trim().slice(0, 160)}"`}`;
      if (PASSING.has(status)) throw new Error(`it answered ${came}`);
      throw new PickScoreError("PICKAPIC_SCORER_REPLY", name, expected, came);
    }
    await wait(1000 * pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

interface Reply {
  readonly status: number;
  readonly text: string;
  /** Seconds that the server asks to wait; null when it says nothing. */
  readonly asked: number | null;
}

async function send(
  url: URL | string,
  body: object,
  { token, redirect = "follow" }: PostOptions,
  signal: AbortSignal,
): Promise<Reply> {
  const headers = { "content-type": "application/json", ...(token !== undefined && { authorization: `Bearer ${token}` }) };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal, redirect }).catch((error) => {
    throw new Error(error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error));
  });
  return { status: response.status, text: await response.text(), asked: retryAfter(response.headers) };
}

/**
 * Seconds until a request is sent again; null when it is not. Too many requests (429) are always a reason to wait; another failure is one only
 * when the server says for how long.
 * @param sent how often the request was sent, from 1
 */
function pauseOf({ status, asked }: Reply, sent: number): number | null {
  if (!PASSING.has(status)) return null;
  // A server that says 0 s is still not asked again at once.
  const pause = asked === null ? (status === 429 ? 2 ** (sent - 1) : null) : Math.max(0.1, asked);
  return pause !== null && pause <= LONGEST_PAUSE_S ? pause : null;
}
