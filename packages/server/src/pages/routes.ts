/** @file The built pages. An unknown address gets the page that says so, with status 404. */
import { resolve } from "node:path";
import staticFiles from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";
import type { App } from "../http/app.ts";
import { type PageFiles, readPages, withOrigin } from "./files.ts";

const NOT_BUILT = `<!doctype html><title>Pick-a-Pic</title><h1>Pick-a-Pic</h1>
<p>The server runs, but its pages are not built: <code>npm start</code> builds them. The API is described at <a href="/api/openapi.json">/api/openapi.json</a>.</p>`;

/** Vite puts a hash of the content into the names below /assets/: such a file never changes. */
const IMMUTABLE = "public, max-age=31536000, immutable";

export interface PageSettings {
  /** The folder of the built pages. */
  webFolder: string | undefined;
  /** What people type; without it the Host header of a request says so. */
  publicUrl: string | undefined;
}

export async function pageRoutes(app: App, { webFolder, publicUrl }: PageSettings): Promise<void> {
  const root = webFolder === undefined ? null : resolve(webFolder);
  const pages = root === null ? null : readPages(root);
  if (pages && root !== null) await app.register(staticFiles, { root, serve: false, cacheControl: false, dotfiles: "deny" });
  const config = { access: "public", rateLimit: false, needsDatabase: false } as const;
  app.get("/*", { config, schema: { tags: ["pages"], summary: "The pages" } }, (request, reply) => {
    const path = pathOf(request);
    if (path === "/api" || path.startsWith("/api/")) throw unknownRoute(request);
    if (!pages) return reply.type("text/html").send(NOT_BUILT);
    return sendPage(pages, path, reply, publicUrl ?? `${request.protocol}://${request.host}`);
  });
  app.setNotFoundHandler((request) => {
    throw unknownRoute(request);
  });
}

function unknownRoute({ method, url }: FastifyRequest): ServerError {
  return new ServerError("PICKAPIC_ROUTE_UNKNOWN", method, url.slice(0, 100));
}

/**
 * The path of an address, decoded.
 * @throws ServerError PICKAPIC_ADDRESS_INVALID for one that no page of ours links to: "//", "..", a backslash, a control character.
 */
function pathOf({ url }: FastifyRequest): string {
  const path = decoded(url.split(/[?#]/, 1)[0] ?? "");
  if (path === null || /\/\/|\\|\p{Cc}|(^|\/)\.\.?(\/|$)/u.test(path) || !path.startsWith("/"))
    throw new ServerError("PICKAPIC_ADDRESS_INVALID", url.slice(0, 100));
  return path;
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function sendPage({ files, notFound }: PageFiles, path: string, reply: FastifyReply, origin: string): FastifyReply {
  const file = files.get(path);
  if (!file && path.startsWith("/assets/")) throw unknownRoute(reply.request);
  if (file?.kind === "file") {
    return reply.header("cache-control", path.startsWith("/assets/") ? IMMUTABLE : "no-cache").sendFile(file.path);
  }
  reply.code(file ? 200 : 404).header("cache-control", "no-cache");
  return reply.type("text/html; charset=utf-8").send(withOrigin(file?.html ?? notFound, origin));
}
