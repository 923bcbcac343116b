/** @file For whoever runs the server: is it well, what does it do, what does it offer. */
import { sql } from "kysely";
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import packageJson from "../../package.json" with { type: "json" };
import { Health } from "../api.ts";
import type { Database } from "../database/database.ts";
import type { App, Services } from "../http/app.ts";
import { failures } from "../http/schemas.ts";

export const VERSION: string = packageJson.version;

export function operationRoutes(app: App, { db }: Services): void {
  const tags = ["operator"];
  const open = { access: "public", rateLimit: false } as const;
  app.get(
    "/api/health",
    { config: open, schema: { tags, response: { 200: Health, ...failures } } },
    async (): Promise<Health> => {
      await sql`select 1`.execute(db);
      return { status: "ok", version: VERSION, uptimeSeconds: Math.round(process.uptime()) };
    },
  );

  app.get("/api/openapi.json", { config: open, schema: { tags, summary: "This description" } }, () => app.swagger());

  const registry = measure(app, db);
  const metrics = { tags, summary: "Prometheus metrics", security: [{ operator: [] }] };
  app.get("/api/metrics", { config: { access: "admin" }, schema: metrics }, async (_request, reply) => {
    reply.type(registry.contentType);
    return registry.metrics();
  });
}

/** Times by route and status, never by address: ids stay out of the metrics. */
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
      for (const { state, count } of await imagesByState(db)) this.set({ state }, count);
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
