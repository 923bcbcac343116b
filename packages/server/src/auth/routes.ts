/** @file Sign-in, sign-out, who am I, consent. */

import { fromNodeHeaders } from "better-auth/node";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { ConsentGiven, Me } from "../api.ts";
import { ServerError } from "../errors.ts";
import { identify, personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { failures } from "../http/schemas.ts";
import { providersOf } from "../settings.ts";
import { CONSENT } from "./consent.ts";
import { admitGuest } from "./newcomers.ts";
import { giveConsent, withdrawConsent } from "./people.ts";
import type { Person } from "./sessions.ts";

/** The addresses of better-auth that this app uses, besides those for guests and for signing out; all others stay closed. */
const FORWARDED = [
  ["POST", "/api/auth/sign-in/social"],
  ["GET", "/api/auth/callback/:provider"],
  ["POST", "/api/auth/callback/:provider"],
] as const;

export function authRoutes(app: App, services: Services): void {
  const { db, settings } = services;
  const limited = { access: "public", rateLimit: { max: settings.signInLimit, timeWindow: "1 minute" } } as const;
  const tags = ["account"];

  app.post(
    "/api/auth/sign-in/anonymous",
    { config: limited, schema: { tags, summary: "Continue as a guest" } },
    async (request, reply) => {
      if (!settings.guests) throw new ServerError("PICKAPIC_GUESTS_OFF");
      await countGuest(request, services);
      return forward(request, reply, services);
    },
  );
  for (const [method, url] of FORWARDED) {
    app.route({
      method,
      url,
      config: limited,
      schema: { tags, summary: "Answered by better-auth" },
      handler: (request, reply) => forward(request, reply, services),
    });
  }

  const signOut = { tags, summary: "Sign out: the session ends, and so do the streams that follow its rounds" };
  app.post("/api/auth/sign-out", { config: limited, schema: signOut }, async (request, reply) => {
    const person = await identify(request, reply, services);
    const replied = await forward(request, reply, services);
    if (person) services.streams.endSession(person.session);
    return replied;
  });

  // A person's browser stands here: better-auth's own words are for programs.
  const failed = { tags, summary: "Where a sign-in ends that failed or was cancelled at the provider: back to the pages" };
  app.get("/api/auth/error", { config: limited, schema: failed }, (_request, reply) => reply.redirect("/?sign-in=failed"));

  app.get(
    "/api/me",
    { config: { access: "public" }, schema: { tags, response: { 200: Me, ...failures } } },
    async (request, reply) => presentMe(await identify(request, reply, services), services),
  );

  const consent = { tags, body: ConsentGiven, response: { 200: Me, ...failures } };
  app.post("/api/consent", { config: { access: "user" }, schema: consent }, async (request) => {
    const person = personOf(request);
    const { version } = request.body;
    if (version !== CONSENT.version) throw new ServerError("PICKAPIC_CONSENT_OUTDATED", version, CONSENT.version);
    await giveConsent(db, person.id, version);
    return presentMe({ ...person, consentVersion: version }, services);
  });

  const withdraw = {
    tags,
    summary: "Withdraw the consent: nothing of this user is published from now on",
    response: { 200: Me, ...failures },
  };
  app.delete("/api/consent", { config: { access: "user" }, schema: withdraw }, async (request) => {
    const person = personOf(request);
    await withdrawConsent(db, person.id);
    services.streams.endPerson(person.id);
    return presentMe({ ...person, consentVersion: null }, services);
  });
}

/** @throws ServerError PICKAPIC_GUESTS_SHARE */
async function countGuest({ ip: address }: FastifyRequest, { db, secret, settings }: Services): Promise<void> {
  const limit = settings.guestsPerAddress;
  const hours = await admitGuest(db, { address, secret, limit });
  if (hours !== null) throw new ServerError("PICKAPIC_GUESTS_SHARE", limit, hours, providersOf(settings).length > 0);
}

function presentMe(person: Person | null, { settings }: Services): Me {
  return {
    user: person && presentUser(person),
    consent: CONSENT,
    signIn: { guests: settings.guests, providers: providersOf(settings) },
    simulatedWorld: settings.backends.some(({ simulated }) => simulated),
    fastestAnswerMs: settings.fastestAnswerMs,
  };
}

function presentUser({ id, name, guest, karma, consentVersion }: Person): Me["user"] {
  return { id, name, guest, karma, consentVersion };
}

/** Hands a request to better-auth, and its answer back; its errors take the shape of ours. */
async function forward(request: FastifyRequest, reply: FastifyReply, { auth, settings }: Services): Promise<unknown> {
  const response = await auth.handle(webRequest(request, settings.publicUrl));
  const text = await response.text();
  if (response.status >= 400) throw refusal(response.status, text);
  const location = response.headers.get("location");
  if (location !== null) reply.header("location", location);
  for (const cookie of response.headers.getSetCookie()) reply.header("set-cookie", cookie);
  return reply
    .code(response.status)
    .header("cache-control", "no-store")
    .send(Forwarded.parse(parsed(text)));
}

/** Where to go next, at most: the session token stays in its cookie, out of the reach of scripts. */
const Forwarded = z.object({ url: z.string().optional(), redirect: z.boolean().optional() }).catch({});

/** The origin was checked already (access.ts); a program that sends none counts as our own page. */
function webRequest(request: FastifyRequest, publicUrl: string | undefined): Request {
  const base = publicUrl ?? `${request.protocol}://${request.host}`;
  const headers = fromNodeHeaders(request.headers);
  headers.set("origin", new URL(base).origin);
  headers.delete("content-length");
  const body = request.method === "GET" ? null : JSON.stringify(request.body ?? {});
  if (body !== null) headers.set("content-type", "application/json");
  return new Request(new URL(request.url, base), { method: request.method, headers, body });
}

const Refused = z.object({ message: z.string().catch("the provider gave no reason") });

function refusal(status: number, text: string): ServerError {
  if (status >= 500) return new ServerError("PICKAPIC_INTERNAL");
  return new ServerError("PICKAPIC_SIGN_IN_REFUSED", `${Refused.catch({ message: text }).parse(parsed(text)).message}.`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
