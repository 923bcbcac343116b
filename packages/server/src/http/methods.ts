/** @file Refuses unknown addresses (404), and methods that an address does not have (405). */
import type { FastifyReply, FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";
import type { App } from "./app.ts";

/** Returns the path of a request, without its query. It is not decoded. */
export function rawPath({ url }: Pick<FastifyRequest, "url">): string {
  return url.split(/[?#]/, 1)[0] ?? "";
}

/** Throws the error for a request that no route answers. */
export type RefuseUnknown = (request: FastifyRequest, reply: FastifyReply) => never;

/**
 * Refuses requests that no route answers: 405 with `Allow` if the address has other methods, otherwise 404. Must be called before any route is
 * registered. Routes that match many addresses can call the returned function for those that they do not know.
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
    // The router refuses very long addresses although their pattern and method match. Such an address does not exist.
    if (methods.size === 0 || methods.has(request.method)) throw new ServerError("PICKAPIC_ROUTE_UNKNOWN", request.method, url);
    const allowed = [...methods].sort().join(", ");
    reply.header("allow", allowed);
    throw new ServerError("PICKAPIC_METHOD_UNKNOWN", request.method, url, allowed);
  };
  // This hook runs before the body of the request is read.
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) refuse(request, reply);
  });
  app.setNotFoundHandler(refuse);
  return refuse;
}

/** Returns the pattern of a route's URL. ":name" matches one part of a path. */
function patternOf(url: string): RegExp {
  const parts = url.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : part.replaceAll(".", "\\.")));
  return new RegExp(`^${parts.join("/")}$`);
}
