/** @file The route /api/openapi.json, of the app and of a judge that is served alone. */
import { z } from "zod";
import type { App } from "../http/app.ts";

/** Registers the OpenAPI document of all routes, for everyone. */
export function documentRoute(app: App): void {
  const schema = {
    tags: ["operator"],
    operationId: "getDescription",
    summary: "This description",
    description: "The API as an OpenAPI 3.1 document.",
    response: { 200: z.unknown().describe("An OpenAPI document.") },
  };
  const config = { access: "public", rateLimit: false, needsDatabase: false } as const;
  app.get("/api/openapi.json", { config, schema }, () => app.swagger());
}
