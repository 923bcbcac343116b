/** @file The built pages. Unknown addresses get the start page: the pages have their own addresses (single-page application). */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import staticFiles from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";
import type { App } from "../http/app.ts";

const NOT_BUILT = `<!doctype html><title>Pick-a-Pic</title><h1>Pick-a-Pic</h1>
<p>The server runs, but its pages are not built: <code>npm start</code> builds them. The API is described at <a href="/api/openapi.json">/api/openapi.json</a>.</p>`;

/** Vite puts a hash of the content into the names below /assets/: such a file never changes. */
const IMMUTABLE = "public, max-age=31536000, immutable";

export async function pageRoutes(app: App, webFolder: string | undefined): Promise<void> {
  const root = webFolder === undefined ? null : resolve(webFolder);
  const built = root !== null && existsSync(join(root, "index.html"));
  if (built) await app.register(staticFiles, { root, serve: false, cacheControl: false, dotfiles: "deny" });
  const config = { access: "public", rateLimit: false } as const;
  app.get("/*", { config, schema: { tags: ["pages"], summary: "The pages" } }, (request, reply) => {
    if (request.url.startsWith("/api/")) throw unknownRoute(request);
    return built && root !== null ? sendPage(request, reply, root) : reply.type("text/html").send(NOT_BUILT);
  });
  app.setNotFoundHandler((request) => {
    throw unknownRoute(request);
  });
}

function unknownRoute({ method, url }: FastifyRequest): ServerError {
  return new ServerError("PICKAPIC_ROUTE_UNKNOWN", method, url.slice(0, 100));
}

function sendPage(request: FastifyRequest, reply: FastifyReply, root: string): FastifyReply {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  const isFile = path !== "/" && !path.includes("\0") && existsSync(join(root, path)) && /\.\w+$/.test(path);
  if (!isFile && path.startsWith("/assets/")) throw unknownRoute(request);
  const file = isFile ? path : "/index.html";
  const cache = file.startsWith("/assets/") ? IMMUTABLE : "no-cache";
  return reply.header("cache-control", cache).sendFile(file.slice(1));
}
