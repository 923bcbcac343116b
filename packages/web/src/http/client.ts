/** @file Calls the server with JSON. A call fails in two ways: the server refused, or it could not be reached. */
import type { ErrorBody } from "@pickapic/server/api";

/** The server answered and refused. `message` is written for people. */
export class Refusal extends Error {
  override name = "Refusal";
  readonly status: number;
  readonly code: string;
  /** From Retry-After, ms; null when the server did not say. */
  readonly retryAfterMs: number | null;
  constructor(status: number, code: string, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No usable answer came: no network, a timeout, or a reply from something that is not our server. */
export class Unreachable extends Error {
  override name = "Unreachable";
  constructor(cause: unknown) {
    super("The server could not be reached. Please check your connection.", { cause });
  }
}

/** What a request to the server sends besides its path; a GET without a body by default. */
export interface Call {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  /** Sent as Idempotency-Key; the server acts once per key. */
  key?: string;
  signal?: AbortSignal;
}

/** The code of a refusal that is not in our format, which came from a proxy and not from the server. */
const UNKNOWN_CODE = "UNKNOWN";

/** How long a call may take, in ms. The server needs a few; the rest is for slow networks. */
const TIMEOUT_MS = 20_000;

/**
 * Calls the server.
 * @throws Refusal when it refuses, Unreachable when no usable answer comes; an abort is rethrown
 */
export async function call<T>(path: string, { method = "GET", body, key, signal }: Call = {}): Promise<T> {
  const headers = new Headers({ accept: "application/json" });
  if (body !== undefined) headers.set("content-type", "application/json");
  if (key !== undefined) headers.set("idempotency-key", key);
  const response = await reach(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body), signal });
  if (!response.ok) throw await refusal(response);
  return read<T>(response);
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  try {
    return await fetch(path, { ...init, signal, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new Unreachable(error);
  }
}

async function read<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw new Unreachable(error);
  }
}

async function refusal(response: Response): Promise<Refusal> {
  const error = errorOf(await response.json().catch(() => null));
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return new Refusal(
    response.status,
    error?.code ?? UNKNOWN_CODE,
    error?.message ?? `The server answered with status ${response.status}. Please try again in a moment.`,
    Number.isFinite(seconds) ? seconds * 1000 : null,
  );
}

/** Reads the error of a reply. Our server sends { error: { code, message } }, its sign-in library { code, message }. */
function errorOf(body: unknown): { code?: string; message?: string } | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  return (body as Partial<ErrorBody>).error ?? body;
}

/** Returns the sentence to show to a person for any failure. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Refusal || error instanceof Unreachable) return error.message;
  return "Something went wrong on this page. Please reload it; your answers are kept.";
}
