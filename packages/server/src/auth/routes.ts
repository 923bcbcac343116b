/** @file The routes of accounts: sign-in, sign-out, who is signed in, and consent. */

import { jsonOf } from "@pickapic/errors";
import { fromNodeHeaders } from "better-auth/node";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { ConsentGiven, Me, textUpTo } from "../api.ts";
import { ServerError } from "../errors.ts";
import { identify, personOf } from "../http/access.ts";
import type { App, Services } from "../http/app.ts";
import { providersOf } from "../resolveSettings.ts";
import { drawOffered } from "../rounds/offered.ts";
import { CONSENT } from "./consent.ts";
import { admitGuest } from "./newcomers.ts";
import { giveConsent, withdrawConsent } from "./people.ts";
import type { Person } from "./sessions.ts";

const tags = ["account"];
const refused = ["PICKAPIC_SIGN_IN_REFUSED"] as const;

/** A path of this site, such as "/history". */
const OwnPath = z
  .string()
  .regex(/^\/([A-Za-z0-9_-][A-Za-z0-9_./-]{0,198})?$/, { error: "expected a path of this site, such as /" });

const Provider = z
  .object({
    provider: textUpTo(100).describe("One of `signIn.providers` of GET /api/me"),
    callbackURL: OwnPath.optional().describe("Where the browser goes after it"),
    errorCallbackURL: OwnPath.optional().describe("Where the browser goes when it failed"),
  })
  .meta({ id: "SignIn", description: "By which provider to sign in.", examples: [{ provider: "google", callbackURL: "/" }] });

/** The query with which providers send the browser back (OAuth 2.0, RFC 6749, 4.1.2). */
const Returned = z.object({
  code: textUpTo(2_000).optional(),
  state: textUpTo(2_000).optional(),
  error: textUpTo(200).optional(),
  error_description: textUpTo(2_000).optional(),
});

/** The reply of a sign-in: where to go next, if anywhere. The session token is only in its cookie, which scripts cannot read. */
const Forwarded = z
  .object({ url: z.string().optional(), redirect: z.boolean().optional() })
  .meta({ id: "SignInReply", description: "Where to go next, if anywhere. The session is in a cookie." });

/** Registers the routes of accounts. */
export function authRoutes(app: App, services: Services): void {
  const limited: Limited = { access: "public", rateLimit: { max: services.settings.signInLimit, timeWindow: "1 minute" } };
  signInRoutes(app, services, limited);
  returnRoutes(app, services, limited);
  consentRoutes(app, services);
}

/** What the routes of a sign-in have in common: everyone may use them, so many times a minute. */
interface Limited {
  readonly access: "public";
  readonly rateLimit: { readonly max: number; readonly timeWindow: string };
}

/** Signs in as a guest or by a provider, and signs out. */
function signInRoutes(app: App, services: Services, limited: Limited): void {
  const { settings } = services;
  const guest = {
    tags,
    operationId: "signInAsGuest",
    summary: "Continue as a guest",
    description: "Makes a new person without an account, and signs in as this person by a cookie.",
    response: { 200: Forwarded },
  };
  const guestFails = [...refused, "PICKAPIC_GUESTS_OFF", "PICKAPIC_GUESTS_SHARE", "PICKAPIC_SIGNED_IN_ALREADY"] as const;
  app.post(
    "/api/auth/sign-in/anonymous",
    { config: { ...limited, fails: guestFails }, schema: guest },
    async (request, reply) => {
      if (!settings.guests) throw new ServerError("PICKAPIC_GUESTS_OFF");
      if (await identify(request, reply, services)) throw new ServerError("PICKAPIC_SIGNED_IN_ALREADY");
      await countGuest(request, services);
      return forward(request, reply, services);
    },
  );

  const account = {
    tags,
    operationId: "signInByProvider",
    summary: "Sign in by a provider",
    description:
      "Gives the provider's address, where the browser goes next. It comes back to /api/auth/callback/{provider}. A guest keeps all answers.",
    body: Provider,
    response: { 200: Forwarded },
  };
  const accountFails = [...refused, "PICKAPIC_PROVIDER_UNKNOWN"] as const;
  app.post(
    "/api/auth/sign-in/social",
    { config: { ...limited, fails: accountFails }, schema: account },
    async (request, reply) => {
      const { provider } = request.body;
      if (!providersOf(settings).includes(provider)) throw new ServerError("PICKAPIC_PROVIDER_UNKNOWN", provider);
      return forward(request, reply, services, request.body);
    },
  );

  const signOut = {
    tags,
    operationId: "signOut",
    summary: "Sign out",
    description: "Ends the session, and the streams that follow its rounds. A guest cannot come back to it.",
    response: { 200: Forwarded },
  };
  app.post("/api/auth/sign-out", { config: { ...limited, fails: refused }, schema: signOut }, async (request, reply) => {
    const person = await identify(request, reply, services);
    const replied = await forward(request, reply, services);
    if (person) services.streams.endSession(person.session);
    return replied;
  });
}

/** Where the browser comes back from a provider. */
function returnRoutes(app: App, services: Services, limited: Limited): void {
  const callback = {
    tags,
    operationId: "finishSignIn",
    summary: "Where providers send the browser",
    description: "Ends a sign-in by a provider, and leads back to the pages.",
    params: z.object({ provider: textUpTo(100) }),
    querystring: Returned,
    response: { 302: z.unknown().describe("To the pages, or to /api/auth/error.") },
  };
  app.get(
    "/api/auth/callback/:provider",
    { config: { ...limited, fails: refused }, schema: callback },
    async (request, reply) => {
      await forward(request, reply, services);
      return reply.redirect(String(reply.getHeader("location") ?? "/"));
    },
  );

  // A failed sign-in leads to a page, because better-auth's own error texts are meant for programs.
  const failed = {
    tags,
    operationId: "showFailedSignIn",
    summary: "Where a failed sign-in ends",
    description: "A sign-in that failed or was cancelled at the provider leads from here back to the pages, which say so.",
    response: { 302: z.unknown().describe("To the pages.") },
  };
  app.get("/api/auth/error", { config: limited, schema: failed }, async (_request, reply) => reply.redirect("/?sign-in=failed"));
}

/** Who is signed in, and the consent of this person. */
function consentRoutes(app: App, services: Services): void {
  const { db } = services;
  const me = {
    tags,
    operationId: "getMe",
    summary: "Who is asking",
    description: "The person who is signed in, if any; the consent text; the ways to sign in.",
    response: { 200: Me },
  };
  app.get("/api/me", { config: { access: "public" }, schema: me }, async (request, reply) =>
    presentMe(await identify(request, reply, services), services),
  );

  const consent = {
    tags,
    operationId: "giveConsent",
    summary: "Agree to the consent text",
    description: "Answers are taken from people who agreed only.",
    body: ConsentGiven,
    response: { 200: Me },
  };
  const outdated = ["PICKAPIC_CONSENT_OUTDATED"] as const;
  app.post("/api/consent", { config: { access: "user", fails: outdated }, schema: consent }, async (request) => {
    const person = personOf(request);
    const { version } = request.body;
    if (version !== CONSENT.version) throw new ServerError("PICKAPIC_CONSENT_OUTDATED", version, CONSENT.version);
    await giveConsent(db, person.id, version);
    return presentMe({ ...person, consentVersion: version }, services);
  });

  const withdraw = {
    tags,
    operationId: "withdrawConsent",
    summary: "Withdraw the consent",
    description: "Nothing of this person is published from now on. Agreeing again takes it back.",
    response: { 200: Me },
  };
  app.delete("/api/consent", { config: { access: "user" }, schema: withdraw }, async (request) => {
    const person = personOf(request);
    await withdrawConsent(db, person.id);
    services.streams.endPerson(person.id);
    return presentMe({ ...person, consentVersion: null }, services);
  });
}

/**
 * Counts a new guest of the request's network.
 * @throws ServerError PICKAPIC_GUESTS_SHARE
 */
async function countGuest({ ip: address }: FastifyRequest, { db, secret, settings }: Services): Promise<void> {
  const limit = settings.guestsPerAddress;
  const hours = await admitGuest(db, { address, secret, limit });
  if (hours !== null) throw new ServerError("PICKAPIC_GUESTS_SHARE", limit, hours, providersOf(settings).length > 0);
}

/** Number of prompts that a page gets to choose from. */
const PROMPTS = 50;

function presentMe(person: Person | null, { settings }: Services): Me {
  const prompts = drawOffered(settings.backends, PROMPTS, settings.random);
  return {
    user: person && presentUser(person),
    consent: CONSENT,
    signIn: { guests: settings.guests, providers: providersOf(settings) },
    simulatedWorld: settings.backends.some(({ simulated }) => simulated),
    fastestAnswerMs: settings.fastestAnswerMs,
    ...(prompts && { prompts }),
  };
}

function presentUser({ id, name, guest, karma, consentVersion }: Person): Me["user"] {
  return { id, name, guest, karma, consentVersion };
}

/**
 * Passes a request with a checked body to better-auth. Copies status, cookies and location of its answer into the reply, and
 * returns its body.
 */
async function forward(
  request: FastifyRequest,
  reply: FastifyReply,
  { auth, settings }: Services,
  body: object = {},
): Promise<z.infer<typeof Forwarded>> {
  const response = await auth.handle(webRequest(request, body, settings.publicUrl));
  const text = await response.text();
  if (response.status >= 400) throw refusal(response.status, text);
  const location = response.headers.get("location");
  if (location !== null) reply.header("location", location);
  for (const cookie of response.headers.getSetCookie()) reply.header("set-cookie", cookie);
  reply.code(response.status).header("cache-control", "no-store");
  return Forwarded.catch({}).parse(jsonOf(text) ?? {});
}

/** Returns the request for better-auth. Its origin is always this site: access.ts has checked it, and programs may send none. */
function webRequest(request: FastifyRequest, content: object, publicUrl: string | undefined): Request {
  const base = publicUrl ?? `${request.protocol}://${request.host}`;
  const headers = fromNodeHeaders(request.headers);
  headers.set("origin", new URL(base).origin);
  headers.delete("content-length");
  const body = request.method === "GET" ? null : JSON.stringify(content);
  if (body !== null) headers.set("content-type", "application/json");
  return new Request(new URL(request.url, base), { method: request.method, headers, body });
}

const Refused = z.object({ message: z.string().catch("the provider gave no reason") });

function refusal(status: number, text: string): ServerError {
  if (status >= 500) return new ServerError("PICKAPIC_INTERNAL");
  return new ServerError("PICKAPIC_SIGN_IN_REFUSED", `${Refused.catch({ message: text }).parse(jsonOf(text) ?? {}).message}.`);
}
