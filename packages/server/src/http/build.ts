/** @file Builds the web application: its foundation with plugins and hooks, then the routes of each feature. */
import type { FastifyBaseLogger } from "fastify";
import { authRoutes } from "../auth/routes.ts";
import { bestOfRoutes } from "../bestOf/routes.ts";
import { comparisonRoutes } from "../comparisons/routes.ts";
import { ServerError } from "../errors.ts";
import { historyExportRoutes } from "../history/export.ts";
import { historyRoutes } from "../history/routes.ts";
import { imageRoutes } from "../images/routes.ts";
import { judgeRoutes } from "../judge/routes.ts";
import { leaderboardRoutes } from "../leaderboard/routes.ts";
import { operationRoutes } from "../operations/routes.ts";
import { pageRoutes } from "../pages/routes.ts";
import { referenceRoutes } from "../reference/routes.ts";
import { releaseRoutes } from "../releases/routes.ts";
import { reportRoutes } from "../reports/routes.ts";
import { roundRoutes } from "../rounds/routes.ts";
import { statisticsRoutes } from "../statistics/routes.ts";
import { enforceAccess } from "./access.ts";
import type { App, Services } from "./app.ts";
import { apiFacts } from "./description.ts";
import { openFoundation } from "./foundation.ts";

const FEATURES = [
  authRoutes,
  roundRoutes,
  bestOfRoutes,
  comparisonRoutes,
  historyRoutes,
  historyExportRoutes,
  imageRoutes,
  reportRoutes,
  releaseRoutes,
  leaderboardRoutes,
  statisticsRoutes,
  operationRoutes,
  referenceRoutes,
];

/** Returns the web application with all routes. It does not listen yet. */
export async function buildApp(services: Services, logger: FastifyBaseLogger): Promise<App> {
  const { settings } = services;
  const { app, refuse } = await openFoundation(settings, logger, {
    first: (opened) => refuseWhileSilent(opened, services),
    guard: (opened) => enforceAccess(opened, services),
    onStop: () => services.streams.close(),
    api: apiFacts(settings),
  });
  for (const feature of FEATURES) feature(app, services);
  if (services.judge) await judgeRoutes(app, services.judge, false);
  await pageRoutes(app, settings, refuse);
  return app;
}

/** Refuses requests that need the database at once while the database does not answer, instead of letting each wait for its timeout. */
function refuseWhileSilent(app: App, { changes }: Services): void {
  app.addHook("onRequest", async ({ routeOptions }) => {
    if (routeOptions.config.needsDatabase !== false && changes.isSilent()) throw new ServerError("PICKAPIC_DATABASE_UNREACHABLE");
  });
}
