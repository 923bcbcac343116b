/**
 * @file Signs people in and out with better-auth: as guests, or with an account of Google, Discord or any OpenID provider.
 * sessions.ts reads the sessions.
 */
import { betterAuth } from "better-auth";
import { anonymous, genericOAuth } from "better-auth/plugins";
import type pg from "pg";
import { providersOf } from "../resolveSettings.ts";
import type { ResolvedSettings } from "../settings.ts";
import { SESSION_S, sessionCookie } from "./sessions.ts";

/** The sign-in of this server. */
export interface Auth {
  /** Handles every request below /api/auth. */
  handle(request: Request): Promise<Response>;
}

/** What the sign-in uses. */
export interface AuthEffects {
  pool: pg.Pool;
  /** Moves everything of a guest to the account into which the guest has signed in. */
  adopt(guest: string, account: string): Promise<void>;
}

/** Creates the sign-in of a server from its settings. */
export function createAuth(settings: ResolvedSettings, secret: string, effects: AuthEffects): Auth {
  const auth = betterAuth(authOptions(settings, secret, effects));
  return { handle: (request) => auth.handler(request) };
}

/** Returns the options of better-auth. Exported for the test that asks better-auth whether the migrations create every table that it needs. */
export function authOptions(settings: ResolvedSettings, secret: string, { pool, adopt }: AuthEffects) {
  const { publicUrl, guests } = settings;
  return {
    secret,
    database: pool,
    basePath: "/api/auth",
    ...(publicUrl === undefined ? {} : { baseURL: publicUrl }),
    // access.ts has already compared the origin with the host, so every request here comes from a page of this site.
    trustedOrigins: (request?: Request) => [originOf(request)],
    session: SESSION_S,
    socialProviders: socialProviders(settings),
    plugins: [...(guests ? [guestPlugin(adopt)] : []), ...oidc(settings)],
    advanced: {
      cookiePrefix: "pickapic",
      useSecureCookies: sessionCookie(settings, secret).secure,
      ipAddress: { disableIpTracking: true },
    },
    // The server limits requests itself (http/limits.ts).
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    logger: { disabled: true },
  };
}

function originOf(request: Request | undefined): string {
  return request ? new URL(request.url).origin : "";
}

function guestPlugin(adopt: AuthEffects["adopt"]) {
  return anonymous({
    emailDomainName: "guest.invalid",
    generateName: () => "Guest",
    onLinkAccount: ({ anonymousUser, newUser }) => adopt(anonymousUser.user.id, newUser.user.id),
  });
}

function socialProviders(settings: ResolvedSettings) {
  const providers = providersOf(settings);
  const { googleClientId = "", googleClientSecret = "", discordClientId = "", discordClientSecret = "" } = settings;
  return {
    ...(providers.includes("google") ? { google: { clientId: googleClientId, clientSecret: googleClientSecret } } : {}),
    ...(providers.includes("discord") ? { discord: { clientId: discordClientId, clientSecret: discordClientSecret } } : {}),
  };
}

function oidc(settings: ResolvedSettings) {
  const { oidcName: providerId, oidcIssuer, oidcClientId, oidcClientSecret } = settings;
  if (!oidcIssuer || !oidcClientId || !oidcClientSecret) return [];
  const discoveryUrl = `${oidcIssuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const scopes = ["openid", "email", "profile"];
  return [
    genericOAuth({ config: [{ providerId, discoveryUrl, clientId: oidcClientId, clientSecret: oidcClientSecret, scopes }] }),
  ];
}
