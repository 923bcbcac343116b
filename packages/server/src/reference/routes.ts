/** @file The route /api/docs: a page that describes the API. */
import type { OpenAPIV3_1 } from "openapi-types";
import { z } from "zod";
import type { App, Services } from "../http/app.ts";
import { referencePage, STYLE_URL } from "./page.ts";
import { REFERENCE_STYLE } from "./style.ts";

/** Registers the page and its style sheet. */
export function referenceRoutes(app: App, { settings: { publicUrl, webFolder } }: Services): void {
  const config = { access: "public", rateLimit: false, needsDatabase: false } as const;
  const schema = {
    tags: ["operator"],
    operationId: "getReference",
    summary: "This description as a page",
    description:
      "For people: every operation with its parameters, replies, refusals and an example. It loads nothing from elsewhere.",
    response: { 200: { description: "A page.", content: { "text/html": { schema: z.string() } } } },
  };
  app.get("/api/docs", { config, schema }, async (request, reply) => {
    const origin = publicUrl === undefined ? `${request.protocol}://${request.host}` : new URL(publicUrl).origin;
    const page = referencePage(app.swagger() as OpenAPIV3_1.Document, origin, webFolder === undefined ? null : "/theme.js");
    return reply.type("text/html; charset=utf-8").header("cache-control", "no-cache").send(page);
  });
  app.get(STYLE_URL, { config, schema: { hide: true } }, (_request, reply) =>
    reply.type("text/css; charset=utf-8").header("cache-control", "no-cache").send(REFERENCE_STYLE),
  );
}
