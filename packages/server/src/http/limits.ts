/** @file Limits of the wire. */
import rateLimit from "@fastify/rate-limit";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { App } from "./app.ts";

/** Bytes of a request body: the longest prompt takes 4 kB, the longest answer with its simulated person some more. */
export const BODY_LIMIT = 64 * 1024;

/** Per user where there is one, else per address: a classroom behind one address is many users. */
export async function limitRates(app: App, { rateLimit: max }: ResolvedSettings): Promise<void> {
  await app.register(rateLimit, {
    max,
    timeWindow: "1 minute",
    hook: "preHandler",
    // Images and pages are cheap and cached, and the operator is trusted.
    allowList: (request) => request.routeOptions.config.access === "admin",
    keyGenerator: (request) => request.person?.id ?? request.ip,
    errorResponseBuilder: (_request, { ttl }) => new ServerError("PICKAPIC_TOO_MANY_REQUESTS", Math.ceil(ttl / 1000)),
  });
}
