/**
 * @file Limits the new guests per network address and day, because deleting the cookie makes a new guest with new limits. The
 * address itself is not stored: only a hash, keyed by the server's secret and the day, which is deleted the next night.
 */
import { createHmac } from "node:crypto";
import { isIPv6 } from "node:net";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** ms */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A new guest. */
export interface Newcomer {
  /** The network address, from the socket or a trusted proxy. */
  address: string;
  /** The server's secret. */
  secret: string;
  /** Largest number of new guests per address and day (UTC). */
  limit: number;
}

/**
 * Counts a new guest. Returns null if the guest is admitted, otherwise the hours, rounded up, until the address may bring another one.
 */
export async function admitGuest(
  db: Database,
  { address, secret, limit }: Newcomer,
  now: Date = new Date(),
): Promise<number | null> {
  const day = now.toISOString().slice(0, 10);
  const mark = createHmac("sha256", secret)
    .update(`newcomer ${day} ${networkOf(address)}`)
    .digest("base64url");
  const { rows } = await sql`
    insert into newcomers as n (mark, day, guests) values (${mark}, ${day}, 1)
    on conflict (mark) do update set guests = n.guests + 1 where n.guests < ${limit}
    returning guests`.execute(db);
  return rows.length > 0 ? null : Math.ceil((DAY - (now.getTime() % DAY)) / HOUR);
}

/**
 * Returns what counts as one network: an IPv4 address itself, also if it is written inside IPv6, or the /64 network of an IPv6
 * address, which is what one household or machine gets.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [before = [], after = []] = address.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
