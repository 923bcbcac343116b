/** @file Interprets cells of another program: any width of integer that holds the value, any unit of time. */

/** The value of a cell; null for an empty cell; undefined when it has no such meaning. */
export type Meaning<T> = T | null | undefined;

const empty = (value: unknown): value is null | undefined => value === null || value === undefined;

const INT64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;

/** A 64-bit integer: an integer of any width, a float without fraction, or text of digits. */
export function integerIn(value: unknown): Meaning<bigint> {
  if (empty(value) || value === "") return null;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : Number.isNaN(value) ? null : undefined;
  if (typeof value === "string")
    return /^\s*[+-]?\d{1,19}(\.0+)?\s*$/.test(value) ? integerIn(BigInt(value.trim().replace(/\.0+$/, ""))) : undefined;
  return typeof value === "bigint" && value >= INT64[0] && value <= INT64[1] ? value : undefined;
}

/** A number: a float or an integer of any width, a boolean as 0 or 1, text of a number. */
export function numberIn(value: unknown): Meaning<number> {
  if (empty(value) || value === "") return null;
  if (typeof value === "number") return Number.isNaN(value) ? null : value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "boolean") return Number(value);
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
  return Number.isNaN(number) ? undefined : number;
}

/** A boolean: a boolean, 0 or 1 of any type, or one of these words. */
export function booleanIn(value: unknown): Meaning<boolean> {
  if (empty(value) || value === "") return null;
  if (typeof value === "boolean") return value;
  const words: Readonly<Record<string, boolean>> = { "0": false, "1": true, "0.0": false, "1.0": true, false: false, true: true };
  const word = String(value).toLowerCase();
  return Object.hasOwn(words, word) ? words[word] : undefined;
}

/** Text; numbers and booleans as they are written. */
export function textIn(value: unknown): Meaning<string> {
  if (empty(value)) return null;
  return typeof value === "object" ? undefined : String(value);
}

/**
 * Largest count of seconds, milliseconds and microseconds since 1970 that is distinguished from the next finer unit: the year
 * 5138.
 */
const LARGEST = 100_000_000_000n;

/**
 * A moment in nanoseconds since 1970 UTC, from: a bigint of a time column; a date; text such as 2023-01-31T12:00:00Z (UTC if it
 * names no zone); or a number of seconds, milliseconds, microseconds or nanoseconds, distinguished by its size.
 * @param isTime whether a bigint already counts nanoseconds
 */
export function momentIn(value: unknown, isTime: boolean): Meaning<bigint> {
  const moment = readMoment(value, isTime);
  return typeof moment === "bigint" && (moment < INT64[0] || moment > INT64[1]) ? undefined : moment;
}

function readMoment(value: unknown, isTime: boolean): Meaning<bigint> {
  if (empty(value) || value === "") return null;
  if (isTime && typeof value === "bigint") return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? undefined : BigInt(value.getTime()) * 1_000_000n;
  if (typeof value === "number") return Number.isFinite(value) ? fromNumber(value) : undefined;
  if (typeof value === "bigint") return value * unitOf(value);
  return typeof value === "string" ? fromText(value.trim()) : undefined;
}

function fromNumber(value: number): bigint {
  const whole = Math.floor(value);
  const unit = unitOf(BigInt(whole));
  return BigInt(whole) * unit + BigInt(Math.round((value - whole) * Number(unit)));
}

/** Returns the nanoseconds per unit that a number of this size counts. */
function unitOf(value: bigint): bigint {
  const size = value < 0n ? -value : value;
  if (size < LARGEST) return 1_000_000_000n;
  if (size < LARGEST * 1_000n) return 1_000_000n;
  return size < LARGEST * 1_000_000n ? 1_000n : 1n;
}

function fromText(text: string): bigint | undefined {
  if (/^-?\d{9,}(\.\d+)?$/.test(text)) return text.includes(".") ? fromNumber(Number(text)) : BigInt(text) * unitOf(BigInt(text));
  const [, day, time, fraction = "", zone = ""] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d+))?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$/i.exec(text) ?? [];
  if (day === undefined) return undefined;
  const ms = Date.parse(`${day}T${(time ?? "00:00").padEnd(8, ":00")}${/^(|Z|UTC)$/i.test(zone) ? "Z" : zone}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}
