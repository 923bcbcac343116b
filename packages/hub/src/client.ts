/** @file Requests to the hub: headers, retries, and the meaning of refusals. */

import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Environment, homeFolder } from "./cache.ts";
import { HubError } from "./errors.ts";
import type { HubName } from "./name.ts";
import { proxyOf, throughProxies } from "./proxy.ts";
import { reasonOf } from "./reason.ts";

/** The outside world of a download; tests pass their own. */
export interface HubEffects {
  readonly fetch: typeof fetch;
  /** Waits this many ms, or throws when the signal is aborted. */
  wait(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The network and the clock of this machine. */
export const realEffects: HubEffects = {
  fetch: (...request) => fetch(...request),
  wait: (ms, signal) => setTimeout(ms, undefined, { signal }),
};

/** What a client is for, which its errors name. */
export interface Purpose {
  readonly kind: "model" | "dataset";
  /** Whether it writes to the hub. */
  readonly pushes: boolean;
}

const FETCH_MODEL: Purpose = { kind: "model", pushes: false };

/** A client for one model or dataset at one endpoint. */
export interface HubClient {
  readonly endpoint: string;
  readonly name: HubName;
  /** Whether the environment names a token, without which nothing can be written. */
  readonly hasToken: boolean;
  /**
   * Sends a request with the token, and repeats it while the hub is busy or away. @throws HubError for any answer but success
   */
  request(url: string, init?: RequestInit): Promise<Response>;
  /** Like `request`, for a short answer that is read whole: if its body breaks off, it is requested again. */
  requestWhole(url: string, init?: RequestInit): Promise<Response>;
  /** Waits before attempt number `attempt` + 1, or throws when there were enough. */
  again(attempt: number, reason: string): Promise<void>;
  readonly signal: AbortSignal | undefined;
}

/** The hub that is asked when HF_ENDPOINT names no other; without a slash at the end. */
const HUB = "https://huggingface.co";
/** Pauses before the second, third, ... attempt, ms. */
const PAUSES = [1000, 2000, 4000, 8000];
/** If a server asks for a longer wait, the request fails and the user decides. In s. */
const LONGEST_WAIT = 120;
/** A connection without a byte for this long counts as broken, s. HF_HUB_DOWNLOAD_TIMEOUT overrides it. */
const SILENCE = 30;
/** Upper bound of that timeout, short enough for a timer, s. */
const LONGEST_SILENCE = 86_400;
/** An upload may take as long as it needs at this rate, bytes per ms: the answer comes only when all of it has been sent. */
const SLOWEST_UPLOAD = 50;
/** Bytes of the longest answer that is read whole, such as a list of files. */
const LONGEST_ANSWER = 100e6;

/** Whether the environment forbids requests: HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is 1, true, yes or on, in any case. */
export const isOffline = (env: Environment): boolean =>
  [env.HF_HUB_OFFLINE, env.TRANSFORMERS_OFFLINE].some((value) => /^(1|true|yes|on)$/i.test(value ?? ""));

/** How long a connection may be silent, in whole ms. */
export function timeoutMs(env: Environment): number {
  const seconds = Number(env.HF_HUB_DOWNLOAD_TIMEOUT);
  return Math.ceil(1000 * (seconds > 0 ? Math.min(seconds, LONGEST_SILENCE) : SILENCE));
}

/** HF_TOKEN, else the token of `hf auth login`. @throws HubError, which does not quote it, when no header can hold it */
async function tokenOf(env: Environment): Promise<string | undefined> {
  const variables = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"].map((name) => ({ from: name, text: env[name]?.trim() ?? "" }));
  const file = env.HF_TOKEN_PATH || join(homeFolder(env), "token");
  const { from, text: token } = variables.find(({ text }) => text !== "") ?? {
    from: file,
    text: (await readFile(file, "utf8").catch(() => "")).trim(),
  };
  if (/^[!-~]*$/.test(token)) return token || undefined;
  throw new HubError(
    "PICKAPIC_HUB_DENIED",
    from,
    "expected one word of letters, digits and signs of ASCII; there are spaces, line breaks or others in it: copy the token once more",
  );
}

/** HF_ENDPOINT, which may have a path, else the hub. */
function endpointOf(env: Environment): string {
  const given = env.HF_ENDPOINT?.trim() || HUB;
  const url = URL.parse(given);
  if (url && /^https?:$/.test(url.protocol) && !/[?#]/.test(given) && !url.username && !url.password)
    return given.replace(/\/+$/, "");
  throw new HubError(
    "PICKAPIC_HUB_UNREACHABLE",
    "HF_ENDPOINT",
    `expected an address such as ${HUB}, without a password or a query; got "${given.replace(/^(.*\/\/)?.*@/, "$1...@")}": correct it, or unset it`,
  );
}

/**
 * Opens a client for a model, with the endpoint, the token and the proxy that the environment names. No request is sent yet.
 * @throws HubError PICKAPIC_HUB_UNREACHABLE for a wrong address, PICKAPIC_HUB_DENIED for a token that no header can
 * hold
 */
export async function openClient(
  name: HubName,
  env: Environment,
  effects: HubEffects,
  signal?: AbortSignal,
  purpose: Purpose = FETCH_MODEL,
): Promise<HubClient> {
  const endpoint = endpointOf(env);
  proxyOf(new URL(endpoint), env);
  const token = await tokenOf(env);
  const ask = await throughProxies(effects.fetch, env);
  const again = async (attempt: number, reason: string) => {
    const pause = PAUSES[attempt];
    if (pause === undefined) throw away(endpoint, name, reason, purpose);
    await effects.wait(pause, signal);
  };
  const once = (url: string, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("user-agent", "pickapic");
    // fetch itself drops the token when it is redirected to another host.
    if (token && new URL(url).origin === new URL(endpoint).origin) headers.set("authorization", `Bearer ${token}`);
    const silence = AbortSignal.timeout(timeoutMs(env) + Math.ceil(sizeOf(init.body) / SLOWEST_UPLOAD));
    return answering(ask, url, { ...init, headers }, silence, signal);
  };
  const request: HubClient["request"] = async (url, init = {}) => {
    for (let attempt = 0; ; attempt++) {
      const response = await once(url, init).catch((error: unknown) => {
        signal?.throwIfAborted();
        return reasonOf(error);
      });
      if (typeof response === "string") await again(attempt, response);
      else if (response.ok || (response.status >= 300 && response.status < 400) || response.status === 416) return response;
      else if (response.status === 429 || (response.status === 503 && response.headers.has("retry-after")))
        await effects.wait(1000 * busyFor(response, attempt, name, purpose), signal);
      else if (response.status >= 500) await again(attempt, `it answered ${response.status}`);
      else throw refusal(response, url, name, { ...purpose, hasToken: token !== undefined });
      if (typeof response !== "string") await response.body?.cancel();
    }
  };
  const requestWhole: HubClient["requestWhole"] = async (url, init) => {
    for (let attempt = 0; ; attempt++) {
      const response = await request(url, init);
      const body = await readWhole(response, timeoutMs(env), signal).catch((error: unknown) => {
        signal?.throwIfAborted();
        return reasonOf(error);
      });
      if (typeof body !== "string") return new Response(body, { status: response.status, headers: response.headers });
      await again(attempt, body);
    }
  };
  return { endpoint, name, hasToken: token !== undefined, request, requestWhole, again, signal };
}

/** Bytes of a body that is sent. */
function sizeOf(body: RequestInit["body"]): number {
  if (body instanceof Blob) return body.size;
  return typeof body === "string" ? body.length : 0;
}

async function readWhole(response: Response, silence: number, signal: AbortSignal | undefined): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  const reader = response.body?.getReader();
  try {
    for (let bytes = 0; ; ) {
      const chunk = await readInTime(reader, silence, signal);
      if (chunk === null) return Buffer.concat(chunks);
      bytes += chunk.length;
      if (bytes > LONGEST_ANSWER) throw new Error(`an answer of more than ${LONGEST_ANSWER / 1e6} MB`);
      chunks.push(chunk);
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

/** Reads the next bytes of a body, or null at its end. @throws Error after this many ms of silence, or the signal's reason */
export async function readInTime(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | null> {
  const { promise, reject } = Promise.withResolvers<never>();
  const silence = globalThis.setTimeout(() => reject(new Error("the connection fell silent")), ms);
  const stop = () => reject(signal?.reason);
  signal?.addEventListener("abort", stop);
  try {
    signal?.throwIfAborted();
    const { value } = (await Promise.race([reader?.read(), promise])) ?? {};
    return value ?? null;
  } finally {
    clearTimeout(silence);
    signal?.removeEventListener("abort", stop);
  }
}

/** fetch with a timeout for the head of the answer; the body may take longer. */
async function answering(
  ask: typeof fetch,
  url: string,
  init: RequestInit,
  silence: AbortSignal,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const stop = new AbortController();
  const onSilence = () => stop.abort(silence.reason);
  const onStop = () => stop.abort(signal?.reason);
  silence.addEventListener("abort", onSilence);
  signal?.addEventListener("abort", onStop);
  signal?.throwIfAborted();
  try {
    return await ask(url, { ...init, signal: stop.signal });
  } finally {
    silence.removeEventListener("abort", onSilence);
    // Ctrl-C must also end the body, so `onStop` stays registered as long as the signal exists.
  }
}

/** Seconds that a busy hub asks to wait. @throws HubError when that is too long, or after too many attempts */
function busyFor(response: Response, attempt: number, { repository }: HubName, { pushes }: Purpose): number {
  const asked = retryAfter(response.headers);
  const pause = (PAUSES[attempt] ?? 0) / 1000;
  // A server that says 0 s, or a time in the past, is still not asked again at once.
  const seconds = asked === null ? pause : Math.max(asked, Math.min(1, pause));
  if (attempt < PAUSES.length && seconds <= LONGEST_WAIT) return seconds;
  const when = asked === null ? "in some minutes" : `in ${Math.ceil(asked)} s`;
  const what = response.status === 429 ? "429, too many requests" : `${response.status}, not available`;
  throw new HubError("PICKAPIC_HUB_BUSY", repository, what, when, kept(pushes));
}

/** Seconds from now named by Retry-After, as a number or as a date by the server's own clock; null when it names none. */
export function retryAfter(headers: Headers): number | null {
  const given = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(given)) return Number(given);
  const [until, now] = [Date.parse(given), Date.parse(headers.get("date") ?? "")];
  if (!/[a-z]/i.test(given) || Number.isNaN(until) || Number.isNaN(now)) return null;
  return Math.max(0, (until - now) / 1000);
}

/** What is not lost by an error. */
const kept = (pushes: boolean): string =>
  pushes ? "nothing of it is visible there; what has been uploaded need not be sent again" : "what has been fetched is kept";

type Asked = Purpose & { readonly hasToken: boolean };

function refusal(response: Response, asked: string, { repository, revision }: HubName, purpose: Asked): HubError {
  const { status } = response;
  const { kind, pushes, hasToken } = purpose;
  const code = response.headers.get("x-error-code") ?? "";
  const answering = new URL(response.url || asked);
  // The hub knows the model and redirected to its storage, or lacks one file of it: neither name nor token is wrong.
  if (code === "EntryNotFound" || answering.origin !== new URL(asked).origin)
    return new HubError(
      "PICKAPIC_HUB_UNREACHABLE",
      repository,
      `${answering.host} answered ${status} for ${basename(new URL(asked).pathname)}, a file that the hub lists: run it again later; what has been fetched is kept`,
    );
  const unknown = status === 404 || code === "RepoNotFound";
  if (code === "RevisionNotFound")
    return new HubError(
      "PICKAPIC_HUB_NOT_FOUND",
      repository,
      `the hub has no revision "${revision}" of it: check what follows the @`,
    );
  if (pushes && (status === 401 || status === 403))
    return new HubError(
      "PICKAPIC_HUB_DENIED",
      repository,
      `the hub answered ${status}: this token is not valid, or may not write there: make one that may write, and set HF_TOKEN to it; ${kept(pushes)}`,
    );
  if (status === 403 || code === "GatedRepo")
    return new HubError(
      "PICKAPIC_HUB_DENIED",
      repository,
      `the hub does not give it to ${hasToken ? "the owner of this token" : "just anybody"} (${status}): accept its terms on its page, then set HF_TOKEN to a token that may read it`,
    );
  if (unknown)
    return new HubError(
      "PICKAPIC_HUB_NOT_FOUND",
      repository,
      `there is no such ${kind} on the hub (${status})${kind === "model" ? ", nor a folder of that name here" : ""}: check the spelling; a private one needs HF_TOKEN`,
    );
  if (status === 401)
    return new HubError(
      "PICKAPIC_HUB_DENIED",
      repository,
      `the hub answered 401: ${hasToken ? "HF_TOKEN is not valid, or may not read it: make a new token" : `there is no such ${kind}, or it needs a token: check the spelling, or set HF_TOKEN to a token that may read it`}`,
    );
  return new HubError(
    "PICKAPIC_HUB_UNREACHABLE",
    repository,
    `the hub refused the request with ${status}: try again later${pushes ? `; ${kept(pushes)}` : ""}`,
  );
}

/**
 * Words an answer that could not be read as one of the hub. Errors of the client stay what they are; after an abort it is the
 * signal's reason.
 */
export function notAHub(error: unknown, { endpoint, name, signal }: HubClient): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof HubError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new HubError(
    "PICKAPIC_HUB_UNREACHABLE",
    name.repository,
    `${endpoint} does not answer as the hub does (${reason}): check HF_ENDPOINT, which is ${HUB} by default`,
  ).because(error);
}

function away(endpoint: string, { repository }: HubName, reason: string, { pushes }: Purpose): HubError {
  return new HubError(
    "PICKAPIC_HUB_UNREACHABLE",
    repository,
    `${endpoint} could not be used (${reason}), after ${PAUSES.length + 1} attempts: check the network, or HF_ENDPOINT, and run it again; ${kept(pushes)}`,
  );
}
