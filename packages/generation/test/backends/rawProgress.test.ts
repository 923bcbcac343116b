/** @file What ComfyUI's websocket says while a picture is made, over a real websocket whose frames are written here by hand (RFC 6455). */

import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { drawRequest, parsePrompt } from "../../src/index.ts";
import { openRoster } from "../../src/models/index.ts";
import { seeded } from "../toys.ts";
import { rawComfyContract, WORKFLOW } from "./contracts/comfy.ts";
import { GOOD } from "./server.ts";

/** A frame of a server with fewer than 126 bytes: no mask, whole. */
const frame = (opcode: 1 | 2 | 8, payload: string): Buffer =>
  Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), Buffer.from(payload)]);

const FRAMES = [
  frame(1, "no JSON at all"),
  frame(2, '{"type":"progress","data":{"value":3,"max":10}}'),
  frame(1, '{"type":"progress","data":{"value":1,"max":0}}'),
  frame(1, '{"type":"status"}'),
  frame(1, '{"type":"progress","data":{"value":5,"max":10}}'),
];

test("only a progress is told, and neither a broken message nor a preview stops the picture", async () => {
  const answer = rawComfyContract.open(() => GOOD);
  const told: number[] = [];
  /** Who listens, and who asks for the picture: the server tells a listener about its own workflows alone. */
  const clients: unknown[] = [];
  const closed = Promise.withResolvers<undefined>();
  const server = createServer(async (request, response) => {
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://server");
    const sent = await text(request);
    const body = sent === "" ? undefined : JSON.parse(sent);
    if (path === "/prompt") clients.push(body.client_id);
    const isTold = !path.startsWith("/history/") || told.length > 0;
    const said = isTold
      ? await answer({ method: request.method ?? "", path, query, body, headers: request.headers })
      : { body: {} };
    response
      .writeHead("status" in said ? (said.status ?? 200) : 200)
      .end(said.body instanceof Uint8Array ? said.body : JSON.stringify(said.body));
  });
  server.on("upgrade", (request, socket) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://server");
    if (pathname === "/ws") clients.push(searchParams.get("clientId"));
    const accept = createHash("sha1")
      .update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.write(Buffer.concat(FRAMES));
    // The first frame of the client is its close, which is answered.
    socket.on("error", () => {}).once("data", () => socket.end(frame(8, ""), () => closed.resolve(undefined)));
  });
  const folder = await mkdtemp(join(tmpdir(), "pickapic-comfy-"));
  try {
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    await writeFile(join(folder, "models.yaml"), stringify({ models: [{ name: "mine", ...rawComfyContract.entry(url) }] }));
    await writeFile(join(folder, "workflow.json"), JSON.stringify(WORKFLOW));
    const { backends } = await openRoster(join(folder, "models.yaml"), { environment: {}, pollMs: 5 });
    const image = await backends[0]?.generate(drawRequest(parsePrompt("a red cat"), backends, seeded(1)), {
      onProgress: (fraction) => told.push(fraction),
    });
    expect(image).toMatchObject({ width: 64, height: 48 });
    expect(told).toEqual([0.5]);
    expect(clients).toEqual([expect.stringMatching(/^[-0-9a-f]{36}$/), clients[0]]);
    await closed.promise;
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
