/** @file An HTTP client for one user of a running app: cookies, errors, and retries while the app is away. */
import { expectedOf, firstFault, jsonOf, type SchemaFault } from "@pickapic/errors";
import { z } from "zod";
import { ExperimentError } from "../errors.ts";
import { pause } from "./pause.ts";

/** Settings and effects of a client. */
export interface ClientSettings {
  /** Address of the app, such as http://localhost:3000. */
  url: URL;
  /** How long a request is repeated while the app is away, ms. */
  awayTimeoutMs: number;
  signal: AbortSignal;
  now: () => number;
  /** Uniform in [0, 1); spreads the attempts of many clients over time. */
  random: () => number;
  /** Called before each new attempt. */
  onRetry: () => void;
}

/** A request to the app: a path below its address, and a body that is sent as JSON. */
export interface Call {
  method: "GET" | "POST" | "DELETE";
  path: string;
  body?: object;
  /** Idempotency key. Every attempt carries the same one, so that the app acts once. */
  key?: string;
  /** The operator's token. */
  token?: string;
}

/** One user of the app, who keeps the cookies from call to call. */
export interface Client {
  /** Sends a request until it is answered, and parses the answer with `schema`. */
  send<T>(call: Call, schema: z.ZodType<T>): Promise<T>;
}

interface Reply {
  status: number;
  body: unknown;
  /** ms, if the app says how long to wait. */
  retryAfterMs?: number;
}

const FIRST_WAIT = 100;
const LONGEST_WAIT = 2_000;
/** Timeout of one attempt, ms. A server that hangs counts as away. */
const ATTEMPT_TIMEOUT_MS = 30_000;
/**
 * Statuses after which a request is repeated: 0 for a broken connection, "too many requests", and what a proxy or a stopping app
 * sends.
 */
const TRANSIENT = new Set([0, 429, 500, 502, 503, 504]);

/** Opens a client with its own cookie jar. */
export function openClient(settings: ClientSettings): Client {
  const jar = new Map<string, string>();
  return {
    async send(call, schema) {
      const reply = await patiently(settings, call, () => attempt(settings, jar, call));
      if (reply.status < 200 || reply.status > 299) throw refused(call, reply);
      const { data, error } = schema.safeParse(reply.body, { error: expectedOf });
      if (error) throw strange(settings, call, firstFault(error.issues, reply.body));
      return data as z.output<typeof schema>;
    },
  };
}

async function patiently(settings: ClientSettings, call: Call, once: () => Promise<Reply>): Promise<Reply> {
  const started = settings.now();
  for (let wait = FIRST_WAIT; ; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    const reply = await once();
    if (!TRANSIENT.has(reply.status)) return reply;
    if (settings.now() - started > settings.awayTimeoutMs)
      throw reply.status === 0 ? unreachable(settings, reply) : refused(call, reply);
    settings.onRetry();
    await pause(reply.retryAfterMs ?? wait * (0.5 + settings.random()), settings.signal);
  }
}

/** Sends a request once. A broken connection becomes a reply with status 0. */
async function attempt(settings: ClientSettings, jar: Map<string, string>, call: Call): Promise<Reply> {
  settings.signal.throwIfAborted();
  try {
    const signal = AbortSignal.any([settings.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS)]);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const response = await fetch(new URL(call.path, settings.url), {
      method: call.method,
      headers: headers(settings, jar, call),
      body,
      signal,
    });
    keepCookies(jar, response);
    const text = await response.text();
    return { status: response.status, body: jsonOf(text) ?? text, retryAfterMs: retryAfterMs(response) };
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

function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? response.headers.get("x-retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) ? 1000 * Math.max(0.1, seconds) : undefined;
}

/** Returns the error for a refused request, with the sentence of the app's error body. */
function refused(call: Call, reply: Reply): ExperimentError {
  const sentence = z.object({ error: z.object({ message: z.string() }) }).safeParse(reply.body).data?.error.message;
  return new ExperimentError(
    "PICKAPIC_CLI_APP_REFUSED",
    `refused ${call.method} ${call.path} with status ${reply.status}: ${sentence ?? "it gave no reason."}`,
  );
}

function unreachable(settings: ClientSettings, reply: Reply): ExperimentError {
  const waited = settings.awayTimeoutMs >= 10_000 ? ` within ${Math.round(settings.awayTimeoutMs / 1000)} s` : "";
  return new ExperimentError("PICKAPIC_CLI_APP_UNREACHABLE", settings.url.origin, waited).because(reply.body);
}

/** What answers is another program, or an app of another version. */
function strange({ url }: ClientSettings, { method, path }: Call, { path: field, sentence }: SchemaFault): ExperimentError {
  const what = `${field === "" ? "the reply" : `"${field}"`}: ${sentence}`;
  return new ExperimentError("PICKAPIC_CLI_APP_STRANGE", url.origin, `${method} ${path}`, what);
}
