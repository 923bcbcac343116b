/** @file The headers by which browsers protect the pages of this server. They are the same for every reply, so helmet makes them once. */
import helmet from "@fastify/helmet";
import fastify from "fastify";
import type { ResolvedSettings } from "../settings.ts";
import type { App } from "./app.ts";

/** Sends the headers with every reply. */
export async function sendSecurityHeaders(app: App, settings: Pick<ResolvedSettings, "publicUrl">): Promise<void> {
  const made = await headersOf(settings);
  app.addHook("onRequest", (_request, reply, done) => {
    reply.headers(made);
    done();
  });
}

/** Returns the headers that helmet adds to the reply of a server without anything else. */
async function headersOf(settings: Pick<ResolvedSettings, "publicUrl">): Promise<Record<string, string>> {
  const [bare, protectedOne] = [fastify(), fastify()];
  await protectedOne.register(helmet, options(settings));
  const [without, all] = await Promise.all(
    [bare, protectedOne].map(async (app) => {
      app.get("/", (_request, reply) => reply.send(""));
      const { headers } = await app.inject("/");
      await app.close();
      return headers;
    }),
  );
  const added = Object.entries(all ?? {}).filter(([name]) => !(name in (without ?? {})));
  return Object.fromEntries(added.map(([name, value]) => [name, String(value)]));
}

/** Options of helmet. Pages load everything from this server; images may also be blobs and data URLs made in the page. */
function options({ publicUrl }: Pick<ResolvedSettings, "publicUrl">) {
  const secure = publicUrl?.startsWith("https:") ?? false;
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "blob:", "data:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: secure ? { maxAge: 31_536_000 } : false,
    referrerPolicy: { policy: "same-origin" },
    xFrameOptions: { action: "deny" },
  } as const;
}
