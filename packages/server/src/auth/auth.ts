/** @file How people sign in and out: by better-auth, as guests or with accounts of Google, Discord or any OpenID provider. sessions.ts reads what it wrote. */
import { betterAuth } from "better-auth";
import { anonymous, genericOAuth } from "better-auth/plugins";
import type pg from "pg";
import { providersOf } from "../resolveSettings.ts";
import type { ResolvedSettings } from "../settings.ts";
import { SESSION_S, sessionCookie } from "./sessions.ts";

export interface Auth {
  /** Everything below /api/auth, as better-auth answers it. */
  handle(request: Request): Promise<Response>;
}

export interface AuthEffects {
  pool: pg.Pool;
  /** Gives everything that a guest did to the account that the guest signed in to. */
  adopt(guest: string, account: string): Promise<void>;
}

export function createAuth(settings: ResolvedSettings, secret: string, effects: AuthEffects): Auth {
  const auth = betterAuth(authOptions(settings, secret, effects));
  return { handle: (request) => auth.handler(request) };
}

/** Exported for the test that asks better-auth whether our migrations made every table that it wants. */
export function authOptions(settings: ResolvedSettings, secret: string, { pool, adopt }: AuthEffects) {
  const { publicUrl, guests } = settings;
  return {
    secret,
    database: pool,
    basePath: "/api/auth",
    ...(publicUrl === undefined ? {} : { baseURL: publicUrl }),
    // The server has compared the origin with the host before better-auth sees the request: what arrives here is our own page.
    trustedOrigins: (request?: Request) => [originOf(request)],
    session: SESSION_S,
    socialProviders: socialProviders(settings),
    plugins: [...(guests ? [guestPlugin(adopt)] : []), ...oidc(settings)],
    advanced: {
      cookiePrefix: "pickapic",
      useSecureCookies: sessionCookie(settings, secret).secure,
      ipAddress: { disableIpTracking: true },
    },
    // Limits are those of the server itself.
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
