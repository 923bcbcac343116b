/** @file An answer on its way to the server, and what each kind of failure means for it. */
import type { Choice } from "@pickapic/server/api";
import { Refusal } from "../http/client.ts";

/** An answer in the outbox, with its attempts so far. */
export interface Entry {
  /** Idempotency key, made with the answer, so that sending it twice counts once. */
  readonly key: string;
  /** User id, so that on a shared browser one account does not send another's answers. */
  readonly owner: string;
  readonly round: string;
  readonly comparison: string;
  readonly prompt: string;
  readonly choice: Choice;
  readonly elapsedMs: number;
  /** The time of the answer, in ms since 1970. */
  readonly createdAt: number;
  readonly attempts: number;
  /** The earliest time of the next automatic attempt, in ms since 1970. */
  readonly retryAt: number;
  /** A sentence for the person with the reason why the last attempt failed; null before the first failure. */
  readonly trouble: string | null;
  /** The server refused for good: stored and shown, but never sent again automatically. */
  readonly refusal: { readonly code: string; readonly status: number } | null;
}

/** An answer that is not in the outbox yet. */
export type Draft = Pick<Entry, "owner" | "round" | "comparison" | "prompt" | "choice" | "elapsedMs">;

/**
 * The entry of a new answer, which is due at once.
 * @param key idempotency key
 * @param now ms since 1970
 */
export function newEntry(draft: Draft, key: string, now: number): Entry {
  return { ...draft, key, createdAt: now, attempts: 0, retryAt: now, trouble: null, refusal: null };
}

/** The pause after the first failed attempt, in ms. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE = 60_000;

/**
 * Pause before the next attempt, ms. It doubles from 1 s to 60 s, and half of it is random, so that tabs do not send at the same
 * time.
 */
export function pauseAfter(attempts: number, random: () => number): number {
  const full = Math.min(LONGEST_PAUSE, FIRST_PAUSE_MS * 2 ** (attempts - 1));
  return full * (0.5 + random() / 2);
}

/**
 * "refused": our server will never accept it. "retry": it may or may not have arrived, or the server asked to wait. "person": it
 * can be sent only after the person signs in or consents again.
 */
export function verdictOf(error: unknown): "retry" | "person" | "refused" {
  if (!(error instanceof Refusal)) return "retry";
  if (error.status === 401 || error.status === 403 || error.code.startsWith("PICKAPIC_CONSENT_")) return "person";
  if (error.status >= 500 || [408, 425, 429].includes(error.status)) return "retry";
  // A 4xx without our code came from a proxy, so the server may not have seen the answer.
  return error.code.startsWith("PICKAPIC_") ? "refused" : "retry";
}

/** The entry after a failed attempt. */
export function afterFailure(entry: Entry, error: unknown, now: number, random: () => number): Entry {
  const attempts = entry.attempts + 1;
  const trouble = error instanceof Error ? error.message : String(error);
  const verdict = verdictOf(error);
  if (verdict === "refused" && error instanceof Refusal) {
    return { ...entry, attempts, trouble, refusal: { code: error.code, status: error.status } };
  }
  const asked = error instanceof Refusal ? (error.retryAfterMs ?? 0) : 0;
  const pause = verdict === "person" ? LONGEST_PAUSE : Math.max(asked, pauseAfter(attempts, random));
  return { ...entry, attempts, trouble, retryAt: now + pause };
}

/** Returns the entries to send now, oldest first. `eager` ignores their pauses; it is set when the network is back or the person asks for it. */
export function dueEntries(entries: readonly Entry[], owner: string | null, now: number, eager: boolean): Entry[] {
  return entries
    .filter((entry) => entry.owner === owner && entry.refusal === null && (eager || entry.retryAt <= now))
    .sort((a, b) => a.createdAt - b.createdAt);
}
