/** @file Limits of requests and connections: size of a body, requests per minute, time to arrive, number of connections. */

import type { IncomingMessage } from "node:http";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import rateLimit from "@fastify/rate-limit";
import { networkOf } from "../auth/newcomers.ts";
import { ServerError } from "../errors.ts";
import type { ResolvedSettings } from "../settings.ts";
import type { App } from "./app.ts";

/** Largest request body, bytes. The longest prompt takes 4 kB, and an answer with its simulated person a little more. */
export const BODY_LIMIT = 64 * 1024;

/** Limits the requests per minute of each user, because a classroom shares one address. Visitors who are not signed in are counted by address. */
export async function limitRates(app: App, { rateLimit: max }: Pick<ResolvedSettings, "rateLimit">): Promise<void> {
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

/** Time between two checks for slow requests, ms. */
const CHECK_SLOW_EVERY_MS = 1_000;

/** Returns Fastify's options against slow requests: headers and body must arrive in time, or the connection is closed with 408. */
export function timeLimits({ requestTimeoutMs }: Pick<ResolvedSettings, "requestTimeoutMs">) {
  return {
    requestTimeout: requestTimeoutMs,
    // Node would refuse a request without a Host header by an empty reply; hosts.ts refuses it with an error that says why.
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: CHECK_SLOW_EVERY_MS, requireHostHeader: false },
    clientErrorHandler: refuseConnection,
  };
}

/** Replies to a request that Node's HTTP parser refuses, with the body that all errors have. */
function refuseConnection(error: Error & { code?: string }, socket: Socket): void {
  if (socket.writable && error.code !== "ECONNRESET") refuse(socket, refusalOf(error.code));
  else socket.destroySoon();
}

/** Writes a whole HTTP reply to the socket, and closes the connection. */
function refuse(socket: Socket, { status, code, message }: ServerError): void {
  const body = JSON.stringify({ error: { code, message, status } });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\ncache-control: no-store\r\n`;
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  socket.destroySoon();
}

/** Refuses unknown Expect headers and CONNECT requests with the body that all errors have. Node would send an empty reply or just close the connection. */
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

/**
 * Limits the connections in all and per network address, and closes those above a limit at once. Behind a proxy only the limit in all applies: there every
 * connection comes from the proxy, which has to limit its visitors itself.
 */
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
