/**
 * @file How many new guests an address may bring in a day: who deletes the cookie is a new guest, and must not get a new share each time. The address is
 * never stored: only a hash of it, keyed by the server's secret and another one each day, which the next night forgets.
 */
import { createHmac } from "node:crypto";
import { isIPv6 } from "node:net";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";

/** ms */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

export interface Newcomer {
  /** As the socket or a trusted proxy says it. */
  address: string;
  /** The server's. */
  secret: string;
  /** New guests of one address and day (UTC). */
  limit: number;
}

/** Counts a new guest. Null: welcome; else the hours, rounded up, until the address may bring another one. */
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

/** The address, of IPv6 the /64 that one household or machine gets as a whole; an IPv4 address in IPv6 clothes as itself. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !isIPv6(address)) return mapped ?? address;
  const [before = [], after = []] = address.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = new Array<string>(Math.max(0, 8 - before.length - after.length)).fill("0");
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
