/** @file Requests to the hub: headers, retries and time limits. */
import { setTimeout } from "node:timers/promises";
import type { Environment } from "./cache.ts";
import { endpointOf, HUB, timeoutMs, tokenOf } from "./environment.ts";
import { HubError } from "./errors.ts";
import type { HubName } from "./name.ts";
import { proxyOf, throughProxies } from "./proxy.ts";
import { reasonOf } from "./reason.ts";
import { away, busyFor, PAUSES, type Purpose, refusal } from "./refusals.ts";

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

/** An upload may take as long as it needs at this rate, bytes per ms: the answer comes only when all of it has been sent. */
const SLOWEST_UPLOAD = 50;

/** Bytes of the longest answer that is read whole, such as a list of files. */
const LONGEST_ANSWER = 100e6;

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
        await effects.wait(1000 * busyFor(response, attempt, name, { ...purpose, hasToken: token !== undefined }), signal);
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
