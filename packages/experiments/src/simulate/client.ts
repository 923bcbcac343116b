/** @file One user of a running app: cookies, errors, and patience while the app is away. */
import { z } from "zod";
import { ExperimentError } from "../errors.ts";
import { pause } from "./pause.ts";

/** What a client gets from the outside. */
export interface ClientSettings {
  /** Where the app runs, such as http://localhost:3000. */
  url: URL;
  /** How long one request is tried again while the app is away, ms. */
  patienceMs: number;
  signal: AbortSignal;
  now: () => number;
  /** Uniform in [0, 1): spreads the attempts of many clients. */
  random: () => number;
  /** Called before each new attempt. */
  onRetry: () => void;
}

export interface Call {
  method: "GET" | "POST" | "DELETE";
  path: string;
  body?: object;
  /** Idempotency key: every attempt carries the same, so that the app acts once. */
  key?: string;
  /** The administrator's token. */
  token?: string;
}

export interface Client {
  /** Sends a request until it is answered, and reads the answer with `schema`. */
  send<T>(call: Call, schema: z.ZodType<T>): Promise<T>;
}

interface Reply {
  status: number;
  body: unknown;
  /** ms, when the app says how long to wait */
  retryAfter?: number;
}

const FIRST_WAIT = 100;
const LONGEST_WAIT = 2_000;
/** One attempt takes at most this long, ms: a server that hangs counts as one that is away. */
const ATTEMPT = 30_000;
/** The network, a proxy in front of an app that restarts, or an app whose database is going down; and "too many requests". */
const TRANSIENT = new Set([0, 429, 500, 502, 503, 504]);

/** A client with a cookie jar of its own. */
export function openClient(settings: ClientSettings): Client {
  const jar = new Map<string, string>();
  return {
    async send(call, schema) {
      const reply = await patiently(settings, call, () => attempt(settings, jar, call));
      if (reply.status < 200 || reply.status > 299) throw refused(call, reply);
      return schema.parse(reply.body);
    },
  };
}

async function patiently(settings: ClientSettings, call: Call, once: () => Promise<Reply>): Promise<Reply> {
  const started = settings.now();
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    const reply = await once();
    if (!TRANSIENT.has(reply.status)) return reply;
    if (settings.now() - started > settings.patienceMs)
      throw reply.status === 0 ? unreachable(settings, reply) : refused(call, reply);
    settings.onRetry();
    await pause(reply.retryAfter ?? wait * (0.5 + settings.random()), settings.signal);
  }
}

/** One attempt; a broken connection is a reply with status 0. */
async function attempt(settings: ClientSettings, jar: Map<string, string>, call: Call): Promise<Reply> {
  settings.signal.throwIfAborted();
  try {
    const signal = AbortSignal.any([settings.signal, AbortSignal.timeout(ATTEMPT)]);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const response = await fetch(new URL(call.path, settings.url), {
      method: call.method,
      headers: headers(settings, jar, call),
      body,
      signal,
    });
    keepCookies(jar, response);
    const text = await response.text();
    return { status: response.status, body: parse(text), retryAfter: retryAfter(response) };
  } catch (error) {
    settings.signal.throwIfAborted();
    return { status: 0, body: error };
  }
}

function headers(settings: ClientSettings, jar: Map<string, string>, call: Call): Record<string, string> {
  return {
    accept: "application/json",
    origin: settings.url.origin,
    cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
    ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    ...(call.key === undefined ? {} : { "idempotency-key": call.key }),
    ...(call.token === undefined ? {} : { authorization: `Bearer ${call.token}` }),
  };
}

function keepCookies(jar: Map<string, string>, response: Response): void {
  for (const line of response.headers.getSetCookie()) {
    const [pair = ""] = line.split(";");
    const at = pair.indexOf("=");
    if (at > 0) jar.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
  }
}

function retryAfter(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? response.headers.get("x-retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? 1000 * Math.max(0.1, seconds) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The refusal of the app, with the sentence of the app's error body. */
function refused(call: Call, reply: Reply): ExperimentError {
  const sentence = z.object({ error: z.object({ message: z.string() }) }).safeParse(reply.body).data?.error.message;
  return new ExperimentError(
    "PICKAPIC_CLI_APP_REFUSED",
    `refused ${call.method} ${call.path} with status ${reply.status}: ${sentence ?? "it gave no reason."}`,
  );
}

function unreachable(settings: ClientSettings, reply: Reply): ExperimentError {
  const waited = settings.patienceMs >= 10_000 ? ` within ${Math.round(settings.patienceMs / 1000)} s` : "";
  return new ExperimentError("PICKAPIC_CLI_APP_UNREACHABLE", settings.url.origin, waited).because(reply.body);
}
