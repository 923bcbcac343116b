/** @file The judge as a server of its own: without database, accounts and pages. */
import type { ImageAccess, Judge, KeyRing } from "@pickapic/judge";
import type { FastifyBaseLogger } from "fastify";
import type { OpenAPIV3_1 } from "openapi-types";
import { pino } from "pino";
import { z } from "zod";
import { Health } from "../api.ts";
import type { App } from "../http/app.ts";
import { CALLER_SCHEME, JUDGE_TAG } from "../http/description.ts";
import { type HttpSettings, openFoundation } from "../http/foundation.ts";
import { listen } from "../listening.ts";
import { VERSION } from "../operations/routes.ts";
import { documentRoute } from "../reference/document.ts";
import { referencePage, STYLE_URL } from "../reference/page.ts";
import { REFERENCE_STYLE } from "../reference/style.ts";
import { within } from "../within.ts";
import { admitCaller } from "./callers.ts";
import type { JudgeMetrics } from "./metrics.ts";
import { judgeRoutes } from "./routes.ts";
import { BodyRoom, type JudgeService } from "./service.ts";

/** How a judge is served. */
export interface JudgeServerSettings {
  /** Where to listen. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Null: callers need no key. That is safe only if no stranger can reach the port. */
  readonly keys: KeyRing | null;
  /** The keys of operators, who may exchange the scorer; by default `keys`. */
  readonly operators?: KeyRing;
  readonly images?: ImageAccess;
  readonly metrics: JudgeMetrics;
  readonly logger?: FastifyBaseLogger;
}

/** A judge that listens. */
export interface RunningJudge {
  /** Its URL, such as http://localhost:3100. */
  readonly url: string;
  /** Refuses new questions, answers those that have arrived, and stops. The judge itself stays open. */
  close(): Promise<void>;
}

/** How long questions may take to be answered after the stop has begun, ms. */
const FINISH_MS = 30_000;

const HTTP: Omit<HttpSettings, "host"> = {
  publicUrl: undefined,
  trustProxy: false,
  requestTimeoutMs: 120_000,
  connectionLimit: 10_000,
  addressConnectionLimit: 4_000,
  rateLimit: 6_000,
};

const ABOUT =
  "A judge of images: which one do people prefer? Every error has the body `{ error: { code, message, status } }`, but where the shape of a client asks for another one.";

/** Serves a judge. @throws ServerError when the address cannot be used */
export async function startJudgeServer(judge: Judge, settings: JudgeServerSettings): Promise<RunningJudge> {
  const log = settings.logger ?? pino({ level: "warn" }, pino.destination(2));
  const { keys, operators = keys, images = {}, metrics } = settings;
  metrics.watch(judge);
  const service: JudgeService = { judge, keys, operators, images, metrics, room: new BodyRoom() };
  const app = await openApp(service, { ...HTTP, host: settings.host }, log);
  const url = await listen(app, { host: settings.host, port: settings.port, portSource: "the option port" });
  return { url, close: async () => void (await within(app.close(), FINISH_MS, () => app.server.closeAllConnections())) };
}

async function openApp(service: JudgeService, settings: HttpSettings, log: FastifyBaseLogger): Promise<App> {
  const { app } = await openFoundation(settings, log, {
    guard: (opened) => guard(opened, service),
    onStop: () => {},
    finishMs: FINISH_MS,
    api: {
      title: "Pick-a-Pic judge",
      about: ABOUT,
      tags: [JUDGE_TAG, { name: "operator", description: "For the one who runs the judge." }],
      server: "/",
      securitySchemes: { caller: CALLER_SCHEME },
    },
  });
  await judgeRoutes(app, service, true);
  operatorRoutes(app, service);
  return app;
}

/** Checks who may use which route: everyone ("public"), or callers of the judge. */
function guard(app: App, service: JudgeService): void {
  app.decorateRequest("caller", null);
  app.addHook("onRequest", async (request, reply) => {
    if (request.is404) return;
    reply.header("cache-control", "no-store");
    if (request.routeOptions.config.access !== "public") await admitCaller(request, reply, service);
  });
}

function operatorRoutes(app: App, { metrics }: JudgeService): void {
  const tags = ["operator"];
  const open = { access: "public", rateLimit: false, needsDatabase: false } as const;
  const health = {
    tags,
    operationId: "getHealth",
    summary: "Is this process alive?",
    description: "It asks nothing of the scorer.",
    response: { 200: Health },
  };
  const alive = async () => ({ status: "ok" as const, version: VERSION, uptimeSeconds: Math.round(process.uptime()) });
  app.get("/api/health", { config: open, schema: health }, alive);
  documentRoute(app);
  app.get("/api/docs", { config: open, schema: { hide: true } }, async (request, reply) => {
    const page = referencePage(app.swagger() as OpenAPIV3_1.Document, `${request.protocol}://${request.host}`, null);
    return reply.type("text/html; charset=utf-8").send(page);
  });
  // Whoever opens the address of the judge in a browser sees what it answers.
  app.get("/", { config: open, schema: { hide: true } }, (_request, reply) => reply.redirect("/api/docs"));
  app.get(STYLE_URL, { config: open, schema: { hide: true } }, (_request, reply) =>
    reply.type("text/css; charset=utf-8").send(REFERENCE_STYLE),
  );
  const figures = {
    tags,
    operationId: "getMetrics",
    summary: "Metrics for Prometheus",
    description: "Images, waiting times, batches, refusals, and the process itself. It needs a key where questions do.",
    response: { 200: { description: "Prometheus' text format.", content: { "text/plain": { schema: z.string() } } } },
  };
  app.get("/metrics", { config: { ...open, access: "caller" }, schema: figures }, async (_request, reply) =>
    reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
  );
}
