/** @file Addresses that there are not, and methods that an address does not have. */
import type { FastifyReply, FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";
import type { App } from "./app.ts";

/** The path of a request, without what comes after "?". */
export function rawPath({ url }: Pick<FastifyRequest, "url">): string {
  return url.split(/[?#]/, 1)[0] ?? "";
}

/** Throws why no route answers a request. */
export type RefuseUnknown = (request: FastifyRequest, reply: FastifyReply) => never;

/**
 * Refuses requests that no route answers: 405 with `Allow` where the address has other methods, else 404. The returned function does the same for
 * routes that answer for many addresses. Call this before any route is registered.
 */
export function refuseUnknown(app: App): RefuseUnknown {
  const routes: { pattern: RegExp; method: string }[] = [];
  app.addHook("onRoute", ({ url, method }) => {
    if (url.includes("*")) return;
    for (const each of [method].flat()) routes.push({ pattern: patternOf(url), method: each });
  });
  const refuse: RefuseUnknown = (request, reply) => {
    const path = rawPath(request);
    const methods = new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method));
    const url = request.url.slice(0, 100);
    // An address too long for the router has the method, but names nothing.
    if (methods.size === 0 || methods.has(request.method)) throw new ServerError("PICKAPIC_ROUTE_UNKNOWN", request.method, url);
    const allowed = [...methods].sort().join(", ");
    reply.header("allow", allowed);
    throw new ServerError("PICKAPIC_METHOD_UNKNOWN", request.method, url, allowed);
  };
  // In this hook, so that the body of such a request is never read.
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) refuse(request, reply);
  });
  app.setNotFoundHandler(refuse);
  return refuse;
}

/** What a route's address matches: ":name" stands for one part. */
function patternOf(url: string): RegExp {
  const parts = url.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : part.replaceAll(".", "\\.")));
  return new RegExp(`^${parts.join("/")}$`);
}
