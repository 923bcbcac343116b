/** @file The header Retry-After, and how an error carries it. */

/** The cause of an error after which the same call may succeed, but not before some time has passed. */
export class RetryLater extends Error {
  /** ms */
  readonly afterMs: number;

  /** @param afterMs how long to wait, ms */
  constructor(afterMs: number) {
    super(`the server asks to wait ${Math.round(afterMs / 1000)} s`);
    this.afterMs = afterMs;
  }
}

/** How long to wait before the call that failed with this error is tried again, ms. Null when nothing is known. */
export function retryAfterOf(error: unknown): number | null {
  return error instanceof Error && error.cause instanceof RetryLater ? error.cause.afterMs : null;
}

/** The beginning of a date in HTTP, a day of the week. `Date.parse` also takes texts that are no dates, such as "about 2". */
const DATE = /^\s*(?:mon|tue|wed|thu|fri|sat|sun)/i;

/**
 * Reads a Retry-After header: seconds, or a date (RFC 9110, 10.2.3). Returns milliseconds from now, at least 0; null when there is none or it is neither.
 * @param now milliseconds since 1970
 */
export function retryAfterMs(header: string | null, now: number): number | null {
  if (header === null) return null;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1000;
  const date = DATE.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
