/** @file What every web application of this package stands on: parsers, limits, headers and errors, but no routes. */
import compress from "@fastify/compress";
import fastify, { type FastifyBaseLogger } from "fastify";
import { serializerCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { App } from "./app.ts";
import { type ApiFacts, describeApi } from "./description.ts";
import { sendFailure } from "./failures.ts";
import { checkHosts } from "./hosts.ts";
import { answerOddRequests, BODY_LIMIT, limitConnections, limitRates, timeLimits } from "./limits.ts";
import { type RefuseUnknown, refuseUnknown } from "./methods.ts";
import { sendSecurityHeaders } from "./securityHeaders.ts";
import { stopGracefully } from "./stopping.ts";
import { compileValidator } from "./validation.ts";

/** The settings of a web application, whatever it serves. */
export type HttpSettings = Pick<
  ResolvedSettings,
  "host" | "publicUrl" | "trustProxy" | "requestTimeoutMs" | "connectionLimit" | "addressConnectionLimit" | "rateLimit"
>;

/** What an application adds to the foundation, apart from its routes. */
export interface Additions {
  /** Registers checks that come before all others. */
  readonly first?: (app: App) => void;
  /** Registers the checks of who may use which route. They run after the host is checked and unknown addresses are refused. */
  readonly guard: (app: App) => void;
  /** Ends replies that would delay the stop, when it begins. */
  readonly onStop: () => void;
  /** How long running requests may take after the stop has begun, ms. */
  readonly finishMs?: number;
  /** What the description of the API says about all of it. */
  readonly api: ApiFacts;
}

/** Returns a web application without routes. It does not listen yet. */
export async function openFoundation(
  settings: HttpSettings,
  logger: FastifyBaseLogger,
  { first, guard, onStop, finishMs, api }: Additions,
): Promise<{ app: App; refuse: RefuseUnknown }> {
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
  app.setValidatorCompiler(compileValidator).setSerializerCompiler(serializerCompiler).setErrorHandler(sendFailure);
  parseBodies(app);
  stopGracefully(app, onStop, finishMs);
  answerOddRequests(app);
  limitConnections(app, settings);
  first?.(app);
  checkHosts(app, settings);
  const refuse = refuseUnknown(app);
  guard(app);
  await sendSecurityHeaders(app, settings);
  await app.register(compress, { threshold: 2048 });
  await limitRates(app, settings);
  await describeApi(app, api);
  return { app, refuse };
}

/**
 * Returns which addresses of X-Forwarded-For Fastify trusts: one per proxy, counted from this server. Each proxy adds an address at the end, and anything
 * before those can be forged by the visitor. This is safe only if the server cannot be reached past the proxies.
 */
function trusted({ trustProxy }: HttpSettings): false | ((address: string, hop: number) => boolean) {
  return trustProxy === false ? false : (_address, hop) => hop < Number(trustProxy);
}

/** Parses JSON bodies only. An empty body counts as no body, and a body that is nested too deeply is refused before any code recurses into it. */
function parseBodies(app: App): void {
  app.removeContentTypeParser("text/plain");
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body === "") done(null, undefined);
    else parse(request, body as string, (error, parsed) => done(error ?? tooDeep(parsed), parsed));
  });
}

/** Levels of lists and objects in a request body. The API needs four; thousands would exhaust the stack. */
const MAX_LEVELS = 20;

/** Returns the error for a body that is nested too deeply, or null. */
export function tooDeep(body: unknown): ServerError | null {
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
