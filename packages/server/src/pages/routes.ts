/** @file Serves the built pages. An unknown address gets a page that says so, with status 404. */
import { resolve } from "node:path";
import staticFiles from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ServerError } from "../errors.ts";
import type { App } from "../http/app.ts";
import { type RefuseUnknown, rawPath } from "../http/methods.ts";
import { type PageFiles, readPages, withOrigin } from "./files.ts";

const NOT_BUILT = `<!doctype html><title>Pick-a-Pic</title><h1>Pick-a-Pic</h1>
<p>The server runs, but its pages are not built: <code>npm start</code> builds them. The API is described at <a href="/api/docs">/api/docs</a>.</p>`;

/** Caching of files below /assets/. Their names contain a hash of their content, so they never change. */
const IMMUTABLE = "public, max-age=31536000, immutable";

/** The settings of the pages. */
export interface PageSettings {
  /** The folder of the built pages. */
  webFolder: string | undefined;
  /** The URL of the site. If undefined, it is taken from the Host header of each request. */
  publicUrl: string | undefined;
}

/** Registers the pages. Must come after all other routes, because the pages match every address. */
export async function pageRoutes(app: App, { webFolder, publicUrl }: PageSettings, refuse: RefuseUnknown): Promise<void> {
  const root = webFolder === undefined ? null : resolve(webFolder);
  const pages = root === null ? null : readPages(root);
  if (pages && root !== null) await app.register(staticFiles, { root, serve: false, cacheControl: false, dotfiles: "deny" });
  const config = { access: "public", rateLimit: false, needsDatabase: false } as const;
  app.get("/*", { config, schema: { hide: true } }, (request, reply) => {
    const path = pathOf(request);
    if (path === "/api" || path.startsWith("/api/")) refuse(request, reply);
    if (!pages) return reply.type("text/html").send(NOT_BUILT);
    return sendPage(pages, path, reply, publicUrl ?? `${request.protocol}://${request.host}`, refuse);
  });
}

/**
 * Returns the decoded path of a request.
 * @throws ServerError PICKAPIC_ADDRESS_INVALID for a path with "//", "..", a backslash or a control character, which no page links to
 */
function pathOf(request: FastifyRequest): string {
  const path = decoded(rawPath(request));
  if (path === null || /\/\/|\\|\p{Cc}|(^|\/)\.\.?(\/|$)/u.test(path) || !path.startsWith("/"))
    throw new ServerError("PICKAPIC_ADDRESS_INVALID", request.url.slice(0, 100));
  return path;
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function sendPage(
  { files, notFound }: PageFiles,
  path: string,
  reply: FastifyReply,
  origin: string,
  refuse: RefuseUnknown,
): FastifyReply {
  const file = files.get(path);
  if (!file && path.startsWith("/assets/")) refuse(reply.request, reply);
  if (file?.kind === "file") {
    return reply.header("cache-control", path.startsWith("/assets/") ? IMMUTABLE : "no-cache").sendFile(file.path);
  }
  reply.code(file ? 200 : 404).header("cache-control", "no-cache");
  return reply.type("text/html; charset=utf-8").send(withOrigin(file?.html ?? notFound, origin));
}
