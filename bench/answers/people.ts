/** @file The people of the benchmark `answers`: a cookie, connections that stay open, and the requests that a page sends. */
import { randomUUID } from "node:crypto";
import { Agent, type IncomingMessage, request } from "node:http";
import { Me } from "../../packages/server/src/api.ts";

export interface Person {
  /** The server's id of the user. */
  id: string;
  /** Sends a request and reads the whole reply. @throws Error for a status outside 200...299. */
  ask(method: string, path: string, body?: object): Promise<unknown>;
  /** Follows server-sent events until `seen` returns true for the data of one. */
  follow(path: string, seen: (data: unknown) => boolean): Promise<void>;
}

/** Keeps connections open between requests, as a browser does. */
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

function open(url: URL, method: string, headers: Record<string, string>, body: string): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    const length =
      method === "GET" ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) };
    const asked = request(url, { method, agent, headers: { ...headers, ...length } }, done);
    asked.once("error", failed);
    asked.end(method === "GET" ? undefined : body);
  });
}

async function read(reply: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of reply) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Signs in as a new guest and agrees to the consent text. */
export async function arrive(url: string): Promise<Person> {
  let cookie = "";
  const send = async (method: string, path: string, body: object = {}) => {
    const headers = { cookie, "idempotency-key": randomUUID() };
    const reply = await open(new URL(path, url), method, headers, JSON.stringify(body));
    const bytes = await read(reply);
    const { statusCode = 0 } = reply;
    if (statusCode < 200 || statusCode > 299) throw new Error(`${method} ${path}: ${statusCode} ${bytes}`);
    const [line] = reply.headers["set-cookie"] ?? [];
    if (line !== undefined) cookie = line.split(";")[0] ?? "";
    return reply.headers["content-type"]?.includes("json") ? JSON.parse(bytes.toString()) : bytes;
  };
  await send("POST", "/api/auth/sign-in/anonymous");
  const { user, consent } = Me.parse(await send("GET", "/api/me"));
  await send("POST", "/api/consent", { version: consent.version });
  const follow = async (path: string, seen: (data: unknown) => boolean) => {
    const reply = await open(new URL(path, url), "GET", { cookie }, "");
    let text = "";
    for await (const part of reply) {
      text += String(part);
      const events = text.split("\n\n");
      text = events.pop() ?? "";
      const data = events.filter((event) => event.startsWith("data: ")).map((event) => JSON.parse(event.slice(6)));
      if (data.some(seen)) break;
    }
    reply.destroy();
  };
  return { id: user?.id ?? "", ask: send, follow };
}
