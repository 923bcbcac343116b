/** @file Limits of the wire: how much, how often, how slowly, and how many connections. */

import type { IncomingMessage } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import rateLimit from "@fastify/rate-limit";
import { networkOf } from "../auth/newcomers.ts";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { App } from "./app.ts";

/** Bytes of a request body: the longest prompt takes 4 kB, the longest answer with its simulated person some more. */
export const BODY_LIMIT = 64 * 1024;

/** Per user where there is one, else per address: a classroom behind one address is many users. */
export async function limitRates(app: App, { rateLimit: max }: ResolvedSettings): Promise<void> {
  await app.register(rateLimit, {
    max,
    timeWindow: "1 minute",
    hook: "preHandler",
    // Images and pages are cheap and cached, and the operator is trusted.
    allowList: (request) => request.routeOptions.config.access === "admin",
    keyGenerator: (request) => request.person?.id ?? request.ip,
    errorResponseBuilder: (_request, { ttl }) => new ServerError("PICKAPIC_TOO_MANY_REQUESTS", Math.ceil(ttl / 1000)),
  });
}

/** How often Node looks for requests that take too long, ms. */
const CHECK_SLOW_EVERY_MS = 1_000;

/** Fastify's options against slow requests: head and body must arrive in time, or the connection is closed with 408. */
export function timeLimits({ requestTimeoutMs }: Pick<ResolvedSettings, "requestTimeoutMs">) {
  return {
    requestTimeout: requestTimeoutMs,
    // Node would refuse a request without a Host by an empty reply; hosts.ts says why.
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: CHECK_SLOW_EVERY_MS, requireHostHeader: false },
    clientErrorHandler: refuseConnection,
  };
}

/** What Node itself refuses gets the body that all errors have. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== "ECONNRESET") refuse(socket, refusalOf(error.code));
  else socket.destroySoon();
}

/** Writes a whole reply, and closes the connection. */
function refuse(socket: Socket, { status, code, message }: ServerError): void {
  const body = JSON.stringify({ error: { code, message, status } });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\ncache-control: no-store\r\n`;
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** Node answers a foreign expectation without a body, and a CONNECT with a closed connection: here both get the body that all errors have. */
export function answerOddRequests({ server }: App): void {
  server.on("checkExpectation", ({ socket }: IncomingMessage) => refuse(socket, new ServerError("PICKAPIC_EXPECTATION_UNKNOWN")));
  server.on("connect", (_request: IncomingMessage, socket: Socket) =>
    refuse(socket, new ServerError("PICKAPIC_REQUEST_MALFORMED")),
  );
}

function refusalOf(code: string | undefined): ServerError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new ServerError("PICKAPIC_REQUEST_SLOW");
  if (code === "HPE_HEADER_OVERFLOW") return new ServerError("PICKAPIC_HEADERS_TOO_LARGE");
  return new ServerError("PICKAPIC_REQUEST_MALFORMED");
}

type ConnectionSettings = Pick<ResolvedSettings, "connectionLimit" | "addressConnectionLimit" | "trustProxy">;

/** Connections over all, and from one address: behind a proxy all come from that, and it has to bound them. Those above a limit are closed at once. */
export function limitConnections(
  { server }: App,
  { connectionLimit, addressConnectionLimit, trustProxy }: ConnectionSettings,
): void {
  server.maxConnections = connectionLimit;
  if (trustProxy !== false) return;
  const connections = new Map<string, number>();
  server.on("connection", (socket) => {
    const network = networkOf(socket.remoteAddress ?? "");
    const count = (connections.get(network) ?? 0) + 1;
    if (count > addressConnectionLimit) {
      socket.destroy();
      return;
    }
    connections.set(network, count);
    socket.once("close", () => {
      const left = (connections.get(network) ?? 1) - 1;
      if (left > 0) connections.set(network, left);
      else connections.delete(network);
    });
  });
}
