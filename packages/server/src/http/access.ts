/** @file Enforces who may use which route. Each route declares it; it never depends on what an address looks like. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { CONSENT } from "../auth/consent.ts";
import { findPerson, type Person, readSessionCookie, renewedCookie, sessionCookie } from "../auth/sessions.ts";
import { ServerError } from "../errors.ts";
import { admitCaller } from "../judge/callers.ts";
import type { Access } from "./accessLevel.ts";
import type { App, Services } from "./app.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Registers the checks of every request: who sends it, whether that person may use the route, and whether it comes from a page of this site.
 * @throws Error at the registration of a route that does not declare its access
 */
export function enforceAccess(app: App, services: Services): void {
  app.decorateRequest("person", null);
  app.decorateRequest("caller", null);
  app.addHook("onRoute", ({ url, method, config }) => {
    if (config?.access === undefined) throw new Error(`route ${method} ${url} does not say who may use it (config.access)`);
  });
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) return;
    // By default nothing may be cached. Routes whose replies may be, such as pictures and files of the pages, set their own header.
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
  if (access === "caller") {
    if (!services.judge) throw new Error(`route ${request.routeOptions.url} asks a judge that is not there`);
    await admitCaller(request, reply, services.judge);
    return;
  }
  request.person = await identify(request, reply, services);
  if (!request.person) throw new ServerError("PICKAPIC_SIGN_IN_REQUIRED");
  if (request.person.banned) throw new ServerError("PICKAPIC_BANNED");
  if (access === "consented" && request.person.consentVersion !== CONSENT.version)
    throw new ServerError("PICKAPIC_CONSENT_REQUIRED");
}

/** Returns the person of the session cookie, or null. Renews an old session, and its cookie in the reply. */
export async function identify(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { db, secret, settings }: Services,
): Promise<Person | null> {
  const cookie = sessionCookie(settings, secret);
  const came = readSessionCookie(headers.cookie ?? "", cookie);
  return came && findPerson(db, came.token, () => reply.header("set-cookie", renewedCookie(came.value, cookie)));
}

/** Returns the user who calls a route whose access is "user" or "consented". */
export function personOf(request: FastifyRequest): Person {
  if (!request.person) throw new Error(`route ${request.routeOptions.url} reads the user but does not ask for one`);
  return request.person;
}

/** True if a request carries the operator's token as its bearer token. */
export function isOperator({ headers }: FastifyRequest, { adminToken }: Pick<Services, "adminToken">): boolean {
  const came = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(came), digest(adminToken));
}

/** Hashes a token, because timingSafeEqual compares only buffers of equal length. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Refuses a request that changes something and was sent by a page of another site. Browsers state the origin of such requests. Programs that send neither
 * header pass: they are no browser that another site could misuse with its user's cookies.
 * @throws ServerError PICKAPIC_ORIGIN_FOREIGN
 */
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
