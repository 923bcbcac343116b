/**
 * @file Reads the person behind a session cookie, in one SQL statement. better-auth creates and ends sessions. Nothing is cached,
 * so a session that has just ended is not accepted.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { parseCookies } from "better-auth/cookies/utils";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { ResolvedSettings } from "../settings.ts";

/** The user behind a request. */
export interface Person {
  id: string;
  name: string;
  guest: boolean;
  karma: number;
  /** Version of the consent text to which this person agreed; null: none, or withdrawn. */
  consentVersion: string | null;
  banned: boolean;
  /** Id of the session; streams end with it. */
  session: string;
}

const DAY_S = 24 * 60 * 60;
/** Seconds, as better-auth takes them. A session in use is renewed once a day. */
export const SESSION_S = { expiresIn: 90 * DAY_S, updateAge: DAY_S } as const;

export interface SessionCookie {
  name: string;
  /** Signs the cookie. */
  secret: string;
  /** True when browsers may send it over https only. */
  secure: boolean;
}

/** better-auth adds a prefix to the name of a cookie that is sent over https only. */
export function sessionCookie({ publicUrl }: Pick<ResolvedSettings, "publicUrl">, secret: string): SessionCookie {
  const secure = publicUrl?.startsWith("https:") ?? false;
  return { name: `${secure ? "__Secure-" : ""}pickapic.session_token`, secret, secure };
}

/** Returns the value of the cookie and the token in it; null when the cookie is missing or its signature is not ours. */
export function readSessionCookie(header: string, { name, secret }: SessionCookie): { value: string; token: string } | null {
  const value = parseCookies(header).get(name);
  const [, token = "", signature = ""] = /^(.+)\.([\w+/]{43}=)$/.exec(decoded(value ?? "")) ?? [];
  if (value === undefined || signature === "") return null;
  const expected = createHmac("sha256", secret).update(token).digest();
  return timingSafeEqual(Buffer.from(signature, "base64"), expected) ? { value, token } : null;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return "";
  }
}

interface SessionRow extends Person {
  /** Whether it was not renewed for a day. */
  stale: boolean;
}

/**
 * Finds session, account and consent of a token, in one statement; null when the session has ended. A session not renewed for a
 * day is renewed, and `onRenewed` is called, so that the browser keeps its cookie as long.
 */
export async function findPerson(db: Database, token: string, onRenewed: () => void): Promise<Person | null> {
  const { expiresIn, updateAge } = SESSION_S;
  const { rows } = await sql<SessionRow>`
    select s.id as session, s."expiresAt" < now() + ${expiresIn - updateAge} * interval '1 second' as stale,
      u.id, u.name, coalesce(u."isAnonymous", false) as guest,
      coalesce(p.karma, 0) as karma, p.consent_version as "consentVersion", p.banned_at is not null as banned
    from session s join "user" u on u.id = s."userId" left join people p on p.user_id = u.id
    where s.token = ${token} and s."expiresAt" > now()`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const { stale, ...person } = row;
  if (stale) {
    await renewSession(db, person.session);
    onRenewed();
  }
  return person;
}

async function renewSession(db: Database, id: string): Promise<void> {
  await sql`
    update session set "expiresAt" = now() + ${SESSION_S.expiresIn} * interval '1 second', "updatedAt" = now()
    where id = ${id}`.execute(db);
}

/** The Set-Cookie line that makes a browser keep its session cookie for another 90 days. */
export function renewedCookie(value: string, { name, secure }: SessionCookie): string {
  return `${name}=${value}; Max-Age=${SESSION_S.expiresIn}; Path=/; HttpOnly; ${secure ? "Secure; " : ""}SameSite=Lax`;
}
