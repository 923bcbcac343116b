/**
 * @file Finds the person of a session cookie, in one SQL statement. Nothing is cached, so a session that has ended is refused at once.
 * better-auth creates and ends sessions.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { parseCookies } from "better-auth/cookies/utils";
import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { fixed } from "../database/fixed.ts";
import type { ResolvedSettings } from "../settings.ts";

/** The user behind a request. */
export interface Person {
  id: string;
  name: string;
  guest: boolean;
  karma: number;
  /** Version of the consent text to which this person agreed. Null if there is none, or it was withdrawn. */
  consentVersion: string | null;
  banned: boolean;
  /** Id of the session. Streams end with it. */
  session: string;
}

const DAY_S = 24 * 60 * 60;
/** Lifetime of a session, and time between its renewals, in seconds. */
export const SESSION_S = { expiresIn: 90 * DAY_S, updateAge: DAY_S } as const;

/** How the session cookie is named and signed. */
export interface SessionCookie {
  name: string;
  /** The key of its signature. */
  secret: string;
  /** True if browsers may send it over https only. */
  secure: boolean;
}

/** Returns the session cookie of the server. better-auth adds a prefix to the name of a cookie that is sent over https only. */
export function sessionCookie({ publicUrl }: Pick<ResolvedSettings, "publicUrl">, secret: string): SessionCookie {
  const secure = publicUrl?.startsWith("https:") ?? false;
  return { name: `${secure ? "__Secure-" : ""}pickapic.session_token`, secret, secure };
}

/** Returns the value of the session cookie and the token in it. Null if the cookie is missing or its signature is wrong. */
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
  /** True if the session was not renewed for a day. */
  stale: boolean;
}

const findSession = fixed<{ token: string }, SessionRow>(
  (parameter) => sql<SessionRow>`
    select s.id as session, s."expiresAt" < now() + ${SESSION_S.expiresIn - SESSION_S.updateAge} * interval '1 second' as stale,
      u.id, u.name, coalesce(u."isAnonymous", false) as guest,
      coalesce(p.karma, 0) as karma, p.consent_version as "consentVersion", p.banned_at is not null as banned
    from session s join "user" u on u.id = s."userId" left join people p on p.user_id = u.id
    where s.token = ${parameter("token")} and s."expiresAt" > now()`,
);

/**
 * Returns the person of a session token, or null if the session has ended. A session that was not renewed for a day is renewed.
 * @param onRenewed called after a renewal, so that the browser's cookie can be renewed as well
 */
export async function findPerson(db: Database, token: string, onRenewed: () => void): Promise<Person | null> {
  const [row] = await findSession(db, { token });
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

/** Returns the Set-Cookie header that makes a browser keep its session cookie for another 90 days. */
export function renewedCookie(value: string, { name, secure }: SessionCookie): string {
  return `${name}=${value}; Max-Age=${SESSION_S.expiresIn}; Path=/; HttpOnly; ${secure ? "Secure; " : ""}SameSite=Lax`;
}
