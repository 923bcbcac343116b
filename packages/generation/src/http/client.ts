/**
 * @file One way to talk to the server of a backend: with a timeout, bounded retries, a circuit breaker, a limit of requests at once and of bytes, and
 * without redirects. Its errors name the model and never hold an address or a secret, so that they can be shown.
 */

import { expectedOf, firstFault, messageOf } from "@pickapic/errors";
import {
  type BulkheadPolicy,
  bulkhead,
  type CircuitBreakerPolicy,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  handleWhen,
  isBrokenCircuitError,
  retry,
} from "cockatiel";
import type { z } from "zod";
import { GenerationError } from "../errors.ts";
import { readLimited } from "./body.ts";
import { RetryLater, retryAfterMs, retryAfterOf } from "./retryAfter.ts";
import { refusesPrompt, saidIn } from "./said.ts";

/** The settings of a client of one server. */
export interface HttpSettings {
  /** Name of the model, for errors. */
  name: string;
  /** Paths are relative to it, and every request goes to its host. */
  address: string;
  headers?: Readonly<Record<string, string>>;
  /** Texts that must not be repeated from an answer, such as a key. */
  secrets?: readonly string[];
  /** Time that one request may take, with its answer, ms. */
  timeoutMs: number;
  /** Largest answer, bytes. */
  mostBytes?: number;
  /** Tries after the first one, when the server cannot be reached, is busy or fails. */
  retries?: number;
  /** Longest delay before the second try, ms. Each further one is twice as long, and a random share of it is waited. */
  retryDelayMs?: number;
  /** A longer Retry-After is not waited for here: the error goes to the caller, who can do something else meanwhile. ms */
  longestWaitMs?: number;
}

/** What the HTTP layer needs from outside. Tests pass their own. */
export interface HttpEffects {
  fetch: typeof fetch;
  random: () => number;
  /** Milliseconds since 1970, for dates in Retry-After. */
  now: () => number;
}

/** The effects outside of tests. */
export const REAL_HTTP: HttpEffects = { fetch: (...call) => fetch(...call), random: Math.random, now: Date.now };

/** What all models of one server share: the number of requests at once, and the breaker that lets a failing server rest. */
export interface SharedLimits {
  slots: BulkheadPolicy;
  breaker: CircuitBreakerPolicy;
  /** How long a server is left alone after failures, ms. */
  restMs: number;
}

/** Calls that wait for a slot; more are a mistake of the caller. */
const MOST_WAITING = 100_000;
/** Failures in a row after which a server is left alone for a while. */
const BREAK_AFTER = 5;
/** The largest answer by default, bytes: that of an image of 4096 x 4096 px as PNG in base64. */
export const MOST_BYTES = 96 * 1024 * 1024;
/** Failures of the server, which count for the breaker. A busy server is healthy. */
const BREAKING: ReadonlySet<string> = new Set([
  "PICKAPIC_BACKEND_UNREACHABLE",
  "PICKAPIC_BACKEND_TIMEOUT",
  "PICKAPIC_BACKEND_FAILED",
]);
/** A request that timed out is not tried again here: the image may have been made and paid for. */
const REPEATED: ReadonlySet<string> = new Set([
  "PICKAPIC_BACKEND_UNREACHABLE",
  "PICKAPIC_BACKEND_BUSY",
  "PICKAPIC_BACKEND_FAILED",
]);

const isOneOf = (codes: ReadonlySet<string>) => (error: unknown) => error instanceof GenerationError && codes.has(error.code);

/**
 * Makes the limits of one server.
 * @param concurrency requests at once
 * @param restMs how long a server is left alone after five failures in a row, ms
 */
export function sharedLimits(concurrency: number, restMs: number = 30_000): SharedLimits {
  const breaker = circuitBreaker(handleWhen(isOneOf(BREAKING)), {
    halfOpenAfter: restMs,
    breaker: new ConsecutiveBreaker(BREAK_AFTER),
  });
  return { slots: bulkhead(concurrency, MOST_WAITING), breaker, restMs };
}

/** One request. */
export interface HttpCall {
  method?: "GET" | "POST";
  /** Sent as JSON. */
  body?: object;
  signal?: AbortSignal | undefined;
  /** A status of an error whose answer is returned like any other, such as 404. */
  accepts?: number;
  /** Called once, when the request has got its slot and is sent. */
  onSent?: () => void;
  /** True for a question about a request that is under way: it takes no slot, is not repeated and does not count for the breaker. */
  isBeside?: boolean;
  /** True when the caller has a slot already, for a job of several requests. */
  hasSlot?: boolean;
}

/** A server that can be asked. */
export interface HttpClient {
  /**
   * Returns the bytes of an answer.
   * @throws GenerationError PICKAPIC_BACKEND_*; the reason of the signal when it is aborted
   */
  bytes(path: string, call?: HttpCall): Promise<Uint8Array>;
  /**
   * Returns an answer in JSON that has the expected shape.
   * @throws GenerationError PICKAPIC_BACKEND_*; the reason of the signal when it is aborted
   */
  json<T>(path: string, shape: z.ZodType<T>, call?: HttpCall): Promise<T>;
}

/** Returns the client of one model. */
export function openHttp(settings: HttpSettings, limits: SharedLimits, effects: HttpEffects = REAL_HTTP): HttpClient {
  const { retries = 2, retryDelayMs = 500, longestWaitMs = 30_000 } = settings;
  const isWorthWaiting = (error: unknown) => isOneOf(REPEATED)(error) && (retryAfterOf(error) ?? 0) <= longestWaitMs;
  const again = retry(handleWhen(isWorthWaiting), {
    maxAttempts: retries,
    backoff: new DelegateBackoff(({ attempt, result }) => {
      const asked = "error" in result ? retryAfterOf(result.error) : null;
      return asked ?? retryDelayMs * 2 ** (attempt - 1) * effects.random();
    }),
  });
  const bytes = async (path: string, call: HttpCall = {}): Promise<Uint8Array> => {
    if (call.isBeside) return ask(path, call, settings, effects);
    let { onSent } = call;
    const send = () => {
      onSent?.();
      onSent = undefined;
      return ask(path, call, settings, effects);
    };
    const once = () => (call.hasSlot ? send() : limits.slots.execute(send, call.signal));
    try {
      // The breaker is outermost: a connection that breaks and is made anew is no failure of the server.
      return await limits.breaker.execute(() => again.execute(once, call.signal));
    } catch (error) {
      call.signal?.throwIfAborted();
      if (isBrokenCircuitError(error))
        throw new GenerationError("PICKAPIC_BACKEND_RESTING", settings.name, BREAK_AFTER).because(new RetryLater(limits.restMs));
      throw error;
    }
  };
  return { bytes, json: async (path, shape, call) => parsed(await bytes(path, call), shape, settings) };
}

async function ask(path: string, { method, body, signal, accepts }: HttpCall, settings: HttpSettings, effects: HttpEffects) {
  const { name, address, headers = {}, timeoutMs } = settings;
  const late = AbortSignal.timeout(timeoutMs);
  const either = signal ? AbortSignal.any([signal, late]) : late;
  try {
    const response = await effects.fetch(addressOf(address, path), {
      method: method ?? (body ? "POST" : "GET"),
      headers: { ...(body && { "content-type": "application/json" }), ...headers },
      body: body ? JSON.stringify(body) : null,
      redirect: "manual",
      signal: either,
    });
    if (response.status !== accepts) await refuseStatus(response, settings, effects);
    return await readLimited(response, settings.mostBytes ?? MOST_BYTES, name);
  } catch (error) {
    signal?.throwIfAborted();
    if (late.aborted) throw new GenerationError("PICKAPIC_BACKEND_TIMEOUT", name, timeoutMs / 1000);
    if (error instanceof GenerationError) throw error;
    throw new GenerationError("PICKAPIC_BACKEND_UNREACHABLE", name, networkReason(error)).because(error);
  }
}

/** Joins a path to the address of a server, which may have a path of its own. */
export function addressOf(address: string, path: string): string {
  return `${address.replace(/\/+$/, "")}/${path.replace(/^\/+/, "")}`;
}

/** The system's code of a failed connection, such as ECONNREFUSED: the message would name the address. */
export function networkReason(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return cause instanceof Error ? cause.name : "unknown";
}

/** Statuses of a server that is healthy and has no time. */
export const BUSY: ReadonlySet<number> = new Set([408, 425, 429, 503, 529]);

async function refuseStatus(response: Response, { name, secrets = [] }: HttpSettings, { now }: HttpEffects): Promise<void> {
  const { status } = response;
  if (response.ok) return;
  if (status < 400) {
    await response.body?.cancel();
    throw new GenerationError("PICKAPIC_BACKEND_REDIRECT", name, status);
  }
  const answer = await errorText(response, name);
  // Before the text is cut, so that no piece of a secret is left at its end, and after: JSON may have written a secret with escapes.
  const said = withoutSecrets(saidIn(withoutSecrets(answer, secrets)), secrets);
  if (refusesPrompt(status, answer)) throw new GenerationError("PICKAPIC_BACKEND_PROMPT", name, status, said);
  if (BUSY.has(status)) {
    const wait = retryAfterMs(response.headers.get("retry-after"), now());
    const error = new GenerationError("PICKAPIC_BACKEND_BUSY", name, status, said);
    throw wait === null ? error : error.because(new RetryLater(wait));
  }
  throw new GenerationError(status >= 500 ? "PICKAPIC_BACKEND_FAILED" : "PICKAPIC_BACKEND_REFUSED", name, status, said);
}

/** Bytes of an error that are read. */
const MOST_SAID_BYTES = 64 * 1024;

/** The body of an answer that is an error; empty when it is too large or cut off. */
async function errorText(response: Response, name: string): Promise<string> {
  const bytes = await readLimited(response, MOST_SAID_BYTES, name).catch(() => undefined);
  return new TextDecoder().decode(bytes).trim();
}

function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((left, secret) => (secret === "" ? left : left.replaceAll(secret, "***")), text);
}

function parsed<T>(bytes: Uint8Array, shape: z.ZodType<T>, { name }: HttpSettings): T {
  const text = new TextDecoder().decode(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const came = text.trimStart().startsWith("<") ? "a page of HTML" : `something else (${messageOf(error)})`;
    throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "JSON", came);
  }
  const result = shape.safeParse(value, { error: expectedOf });
  if (result.success) return result.data;
  const { path, sentence } = firstFault(result.error.issues, value);
  throw new GenerationError("PICKAPIC_BACKEND_REPLY", name, "its documented fields", `${path || "the answer"}: ${sentence}`);
}
