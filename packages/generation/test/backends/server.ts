/** @file Contract servers: each answers as its vendor documents it and refuses a field that it does not know. A fault can be put into any of them. */

import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { deflateSync } from "node:zlib";
import sharp from "sharp";

/** What a contract sees of a request. */
export interface Asked {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
  headers: IncomingMessage["headers"];
}

/** What it answers: an object as JSON, bytes as they are. */
export interface Answer {
  status?: number;
  headers?: Readonly<Record<string, string>>;
  body: object | Uint8Array;
}

/** A server of one kind. Its state is made anew for each server. */
export interface Contract {
  /** Lines of models.yaml for one model on the server at this address, without the name. */
  entry(url: string): Record<string, unknown>;
  /** @param picture the picture that it is to send */
  open(picture: () => Uint8Array): (asked: Asked) => Answer | Promise<Answer>;
}

/** The ten faults. */
export const FAULTS = [
  "hangs",
  "429 with Retry-After",
  "500",
  "HTML",
  "truncated PNG",
  "1 x 1",
  "8000 x 8000",
  "1 GB",
  "wrong type",
  "redirect to another host",
] as const;
export type FaultName = (typeof FAULTS)[number];

/** A fault of the transport answers in place of the contract; the others are pictures. */
const TRANSPORT: { [K in FaultName]?: (response: ServerResponse) => void } = {
  hangs: () => {},
  "429 with Retry-After": (response) =>
    response.writeHead(429, { "retry-after": "3600" }).end('{"error":{"message":"slow down"}}'),
  "500": (response) => response.writeHead(500).end('{"detail":"out of memory"}'),
  HTML: (response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Sign in</title>"),
  "1 GB": (response) => sendGigabyte(response),
  "redirect to another host": (response) => response.writeHead(307, { location: "http://127.0.0.2:9/elsewhere" }).end(),
};

const CHUNK = Buffer.alloc(64 * 1024, 32);

function sendGigabyte(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  let left = 1024 ** 3 / CHUNK.length;
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      left--;
      if (!response.write(CHUNK)) return void response.once("drain", more);
    }
    response.end();
  };
  more();
}

/** A whole picture of one colour. */
export const GOOD: Buffer = await sharp({ create: { width: 64, height: 48, channels: 3, background: "#c04" } })
  .png()
  .toBuffer();

/** A PNG of one bit a pixel, which is small however large it is. */
function largePng(side: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(type), data]);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(data.length);
    const tail = Buffer.alloc(4);
    tail.writeUInt32BE(crc(typed));
    return Buffer.concat([head, typed, tail]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  header[8] = 1;
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = deflateSync(Buffer.alloc(side * (1 + Math.ceil(side / 8))));
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

/** The pictures of the faults that are pictures. */
export const BAD_PICTURES: { [K in FaultName]?: Buffer } = {
  "truncated PNG": GOOD.subarray(0, GOOD.length - 30),
  "1 x 1": await sharp({ create: { width: 1, height: 1, channels: 3, background: "red" } })
    .png()
    .toBuffer(),
  "8000 x 8000": largePng(8000),
  "wrong type": Buffer.from("%PDF-1.7 this is no picture at all, whatever its header says"),
};

export interface RunningContract {
  url: string;
  /** Every request that came. */
  asked: Asked[];
  /** Put into every answer. */
  fault: FaultName | null;
  close(): Promise<void>;
}

/** Starts a contract on the loopback interface. @param port 0 takes any free one */
export async function startContract(contract: Contract, port = 0): Promise<RunningContract> {
  const asked: Asked[] = [];
  const running = { url: "", asked, fault: null as FaultName | null, close: async () => {} };
  const answer = contract.open(() => (running.fault && BAD_PICTURES[running.fault]) || GOOD);
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://server");
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const body: unknown = text === "" ? null : JSON.parse(text);
    const came = { method: request.method ?? "", path: url.pathname, query: url.searchParams, body, headers: request.headers };
    asked.push(came);
    const broken = running.fault && TRANSPORT[running.fault];
    if (broken) return broken(response);
    const { status = 200, headers = {}, body: sent } = await answer(came);
    const isBytes = sent instanceof Uint8Array;
    response.writeHead(status, { "content-type": isBytes ? "image/png" : "application/json", ...headers });
    response.end(isBytes ? sent : JSON.stringify(sent));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  running.url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`;
  running.close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
  return running;
}

/** Refuses fields that the vendor's types do not have, as a strict server does. */
export function unknownField(body: unknown, fields: Readonly<Record<string, (value: unknown) => boolean>>): string | null {
  if (typeof body !== "object" || body === null) return "expected an object";
  for (const [name, value] of Object.entries(body)) {
    const accepts = fields[name];
    if (!accepts) return `unknown field ${name}`;
    if (!accepts(value)) return `wrong value of ${name}: ${JSON.stringify(value)}`;
  }
  return null;
}

export const isText = (value: unknown): boolean => typeof value === "string";
export const isNumber = (value: unknown): boolean => typeof value === "number" && Number.isFinite(value);
export const isWhole = (value: unknown): boolean => Number.isInteger(value);
export const isFlag = (value: unknown): boolean => typeof value === "boolean";
export const isObject = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
export const oneOf =
  (...values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);
