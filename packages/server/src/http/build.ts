/** @file Builds the web application: first its plugins and hooks, then the routes of each feature. */
import { constants } from "node:zlib";
import compress from "@fastify/compress";
import helmet from "@fastify/helmet";
import fastify, { type FastifyBaseLogger } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { authRoutes } from "../auth/routes.ts";
import { comparisonRoutes } from "../comparisons/routes.ts";
import { ServerError } from "../errors.ts";
import { historyExportRoutes } from "../history/export.ts";
import { historyRoutes } from "../history/routes.ts";
import { imageRoutes } from "../images/routes.ts";
import { leaderboardRoutes } from "../leaderboard/routes.ts";
import { operationRoutes } from "../operations/routes.ts";
import { pageRoutes } from "../pages/routes.ts";
import { referenceRoutes } from "../reference/routes.ts";
import { reportRoutes } from "../reports/routes.ts";
import { roundRoutes } from "../rounds/routes.ts";
import type { ResolvedSettings } from "../settings.ts";
import { statisticsRoutes } from "../statistics/routes.ts";
import { enforceAccess } from "./access.ts";
import type { App, Services } from "./app.ts";
import { describeApi } from "./description.ts";
import { sendFailure } from "./failures.ts";
import { checkHosts } from "./hosts.ts";
import { answerOddRequests, BODY_LIMIT, limitConnections, limitRates, timeLimits } from "./limits.ts";
import { refuseUnknown } from "./methods.ts";
import { stopGracefully } from "./stopping.ts";

const FEATURES = [
  authRoutes,
  roundRoutes,
  comparisonRoutes,
  historyRoutes,
  historyExportRoutes,
  imageRoutes,
  reportRoutes,
  leaderboardRoutes,
  statisticsRoutes,
  operationRoutes,
  referenceRoutes,
];

/** Returns the web application with all routes. It does not listen yet. */
export async function buildApp(services: Services, logger: FastifyBaseLogger): Promise<App> {
  const { settings } = services;
  const app = fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT,
    ...timeLimits(settings),
    trustProxy: trusted(settings),
    // Browsers keep idle connections open, which would delay the stop of the server.
    forceCloseConnections: "idle",
    // Requests during a stop get the error PICKAPIC_STOPPING instead (stopping.ts).
    return503OnClosing: false,
    frameworkErrors: sendFailure,
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler).setSerializerCompiler(serializerCompiler).setErrorHandler(sendFailure);
  parseBodies(app);
  stopGracefully(app, services.streams);
  answerOddRequests(app);
  limitConnections(app, settings);
  refuseWhileSilent(app, services);
  checkHosts(app, settings);
  const refuse = refuseUnknown(app);
  enforceAccess(app, services);
  await app.register(helmet, headers(settings));
  await app.register(compress, { threshold: 2048, brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } } });
  await limitRates(app, settings);
  await describeApi(app, settings);
  for (const feature of FEATURES) feature(app, services);
  await pageRoutes(app, settings, refuse);
  return app;
}

/** Refuses requests that need the database at once while the database does not answer, instead of letting each wait for its timeout. */
function refuseWhileSilent(app: App, { changes }: Services): void {
  app.addHook("onRequest", async ({ routeOptions }) => {
    if (routeOptions.config.needsDatabase !== false && changes.isSilent()) throw new ServerError("PICKAPIC_DATABASE_UNREACHABLE");
  });
}

/**
 * Returns which addresses of X-Forwarded-For Fastify trusts: one per proxy, counted from this server. Each proxy adds an address at the end, and anything
 * before those can be forged by the visitor. This is safe only if the server cannot be reached past the proxies.
 */
function trusted({ trustProxy }: ResolvedSettings): false | ((address: string, hop: number) => boolean) {
  return trustProxy === false ? false : (_address, hop) => hop < Number(trustProxy);
}

/** Parses JSON bodies only. An empty body counts as no body, and a body that is nested too deeply is refused before any code recurses into it. */
function parseBodies(app: App): void {
  app.removeContentTypeParser("text/plain");
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeContentTypeParser("application/json");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else parse(request, body as string, (error, parsed) => done(error ?? tooDeep(parsed), parsed));
  });
}

/** Levels of lists and objects in a request body. The API needs four; thousands would exhaust the stack. */
const MAX_LEVELS = 20;

function tooDeep(body: unknown): ServerError | null {
  if (isShallow(body, MAX_LEVELS)) return null;
  return new ServerError(
    "PICKAPIC_BODY_INVALID",
    `The body of a request may have at most ${MAX_LEVELS} levels, and this one has more.`,
  );
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** Options of helmet. Pages load everything from this server; images may also be blobs and data URLs made in the page. */
function headers({ publicUrl }: ResolvedSettings) {
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
