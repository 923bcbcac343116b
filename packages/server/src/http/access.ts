/** @file Who may use which route: declared on the route, enforced in one place, never by the shape of an address. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { CONSENT } from "../auth/consent.ts";
import { findPerson, type Person, readSessionCookie, renewedCookie, sessionCookie } from "../auth/sessions.ts";
import { ServerError } from "../errors.ts";
import type { Access } from "./accessLevel.ts";
import type { App, Services } from "./app.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export function enforceAccess(app: App, services: Services): void {
  app.decorateRequest("person", null);
  app.addHook("onRoute", ({ url, method, config }) => {
    if (config?.access === undefined) throw new Error(`route ${method} ${url} does not say who may use it (config.access)`);
  });
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) return;
    // Replies that others may keep say so themselves: pictures, the leaderboard, files of the pages.
    reply.header("cache-control", "no-store");
    checkOrigin(request, services.settings.publicUrl);
    await checkAccess(request, reply, request.routeOptions.config.access ?? "admin", services);
  });
}

async function checkAccess(request: FastifyRequest, reply: FastifyReply, access: Access, services: Services): Promise<void> {
  if (access === "public") return;
  if (access === "admin") {
    if (!isOperator(request, services)) throw new ServerError("PICKAPIC_ADMIN_REQUIRED");
    return;
  }
  request.person = await identify(request, reply, services);
  if (!request.person) throw new ServerError("PICKAPIC_SIGN_IN_REQUIRED");
  if (request.person.banned) throw new ServerError("PICKAPIC_BANNED");
  if (access === "consented" && request.person.consentVersion !== CONSENT.version)
    throw new ServerError("PICKAPIC_CONSENT_REQUIRED");
}

/** From the session cookie, and from nothing else. */
export async function identify(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { db, secret, settings }: Services,
): Promise<Person | null> {
  const cookie = sessionCookie(settings, secret);
  const came = readSessionCookie(headers.cookie ?? "", cookie);
  return came && findPerson(db, came.token, () => reply.header("set-cookie", renewedCookie(came.value, cookie)));
}

/** The user of a route whose access is "user" or "consented". */
export function personOf(request: FastifyRequest): Person {
  if (!request.person) throw new Error(`route ${request.routeOptions.url} reads the user but does not ask for one`);
  return request.person;
}

/** Whether a request carries the operator's token as a bearer token. */
export function isOperator({ headers }: FastifyRequest, { adminToken }: Pick<Services, "adminToken">): boolean {
  const came = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(came), digest(adminToken));
}

/** Equal lengths for the comparison in constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Browsers say where a request comes from; other programs send neither header and carry nobody's cookies by accident. */
function checkOrigin(request: FastifyRequest, publicUrl: string | undefined): void {
  if (SAFE.has(request.method)) return;
  const { origin, "sec-fetch-site": site } = request.headers;
  const own = publicUrl === undefined ? request.host : new URL(publicUrl).host;
  const foreign =
    origin === undefined
      ? site === "cross-site" || site === "same-site"
      : hostOf(origin) !== own && hostOf(origin) !== request.host;
  if (foreign) throw new ServerError("PICKAPIC_ORIGIN_FOREIGN", origin ?? "another site", own);
}

function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : "";
}
