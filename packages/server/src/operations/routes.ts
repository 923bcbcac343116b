/** @file The routes for the operator: health, readiness, the API's description and metrics. */
import { sql } from "kysely";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { z } from "zod";
import packageJson from "../../package.json" with { type: "json" };
import { Health, Ready } from "../api.ts";
import { type Database, readWhole } from "../database/database.ts";
import { ServerError } from "../errors.ts";
import type { App, Services } from "../http/app.ts";
import { cached } from "../http/cached.ts";
import { documentRoute } from "../reference/document.ts";
import { readiness } from "./readiness.ts";

/** The version of this package. */
export const VERSION: string = packageJson.version;

/** How long the result of /api/ready is reused, ms, because many programs may ask at once. */
const READY_FRESH_MS = 500;

/** Registers the routes for the operator. */
export function operationRoutes(app: App, services: Services): void {
  const { db, worker } = services;
  const tags = ["operator"];
  const open = { access: "public", rateLimit: false, needsDatabase: false } as const;
  const health = {
    tags,
    operationId: "getHealth",
    summary: "Is this process alive?",
    description: "503 when its worker stands still, so that a supervisor starts it anew. It asks nothing of the database.",
    response: { 200: Health },
  };
  app.get(
    "/api/health",
    { config: { ...open, fails: ["PICKAPIC_WORKER_STILL"] }, schema: health },
    async (_request, reply): Promise<Health> => {
      if (worker && !worker.isAlive()) throw new ServerError("PICKAPIC_WORKER_STILL");
      reply.header("cache-control", "no-store");
      return { status: "ok", version: VERSION, uptimeSeconds: Math.round(process.uptime()) };
    },
  );

  const look = cached(
    () => readiness(services),
    READY_FRESH_MS,
    () => performance.now(),
    1,
  );
  const ready = {
    tags,
    operationId: "getReadiness",
    summary: "Can it do its work?",
    description:
      "Looks at the database, the worker, the age of the queue, the room on the disk and the file store; 503 when one of them fails.",
    response: { 200: Ready, 503: Ready },
  };
  app.get("/api/ready", { config: open, schema: ready }, async (_request, reply) => {
    const checks = await look();
    const isReady = checks.every(({ ok }) => ok);
    return reply
      .code(isReady ? 200 : 503)
      .header("cache-control", "no-store")
      .send({ ready: isReady, checks });
  });

  documentRoute(app);

  const own = measure(app, db);
  // Both have names of their own: the judge's metrics in an app tell nothing of the process.
  const registry = services.judge ? Registry.merge([own, services.judge.metrics.registry]) : own;
  const metrics = {
    tags,
    operationId: "getMetrics",
    summary: "Metrics for Prometheus",
    description: "Times of requests by route and status, images by state, the judge where there is one, and the process itself.",
    response: { 200: { description: "Prometheus' text format.", content: { "text/plain": { schema: z.string() } } } },
  };
  app.get("/api/metrics", { config: { access: "admin" }, schema: metrics }, async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
}

/** Starts to collect metrics. Times of requests are kept per route, never per URL, so that no ids get into the metrics. */
function measure(app: App, db: Database): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labelNames = ["method", "route", "status"] as const;
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5];
  const times = new Histogram({
    name: "pickapic_request_seconds",
    help: "Time of requests",
    labelNames,
    buckets,
    registers: [registry],
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, routeOptions } = request;
    times.observe({ method, route: routeOptions.url ?? "unknown", status: reply.statusCode }, reply.elapsedTime / 1000);
  });
  new Gauge({
    name: "pickapic_images",
    help: "Images by state",
    labelNames: ["state"],
    registers: [registry],
    async collect() {
      for (const { state, count } of await readWhole(db, imagesByState)) this.set({ state }, count);
    },
  });
  return registry;
}

async function imagesByState(db: Database): Promise<{ state: string; count: number }[]> {
  const { rows } = await sql<{ state: string; count: number }>`
    select s.state, count(i.id) from unnest(array['queued', 'generating', 'ready', 'failed', 'expired', 'cancelled']) as s (state)
    left join images i on i.state = s.state group by 1`.execute(db);
  return rows;
}
