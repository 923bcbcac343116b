/** @file A hub on this machine: the model and tree API, and files by redirect to "another" host, as huggingface.co sends large ones to its storage. */

import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export const COMMIT = "0123456789abcdef0123456789abcdef01234567";

/** What a test may do instead of the answer; true when it has answered. */
export type Trouble = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface TestHub {
  readonly url: string;
  /** "METHOD /path" of each request, in order, with the range if there was one. */
  readonly requests: string[];
  /** Authorization headers that came to the storage. */
  readonly leaked: string[];
  commit: string;
  trouble: Trouble;
  /** What the list of pull requests says; the first of them may have files of its own. */
  discussions: { num: number; title: string; status: string; isPullRequest: boolean; author: { name: string } }[];
  proposed: { commit: string; files: ReadonlyMap<string, Uint8Array> } | null;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const gitOid = (bytes: Uint8Array) => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
const isLarge = (path: string) => path.endsWith(".safetensors");

/** Serves one repository until the test is over. */
export async function openHub(repository: string, files: ReadonlyMap<string, Uint8Array>): Promise<TestHub> {
  const server = createServer((request, response) => {
    const { url = "", method } = request;
    const { range, authorization } = request.headers;
    hub.requests.push(`${method} ${url.split("?")[0]}${range ? ` ${range}` : ""}`);
    if (url.startsWith("/storage/") && authorization) hub.leaked.push(authorization);
    if (!hub.trouble(request, response)) answer(request, response);
  });
  const hub: TestHub = {
    url: "",
    requests: [],
    leaked: [],
    commit: COMMIT,
    trouble: () => false,
    discussions: [],
    proposed: null,
  };
  const json = (response: ServerResponse, value: unknown) =>
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

  function answer({ url = "", method, headers }: IncomingMessage, response: ServerResponse): void {
    const path = decodeURIComponent(url.split("?")[0]!);
    const api = `/api/models/${repository}`;
    const isProposed = hub.proposed !== null && (path.includes("/refs/pr/") || path.includes(hub.proposed.commit));
    const revision = isProposed ? hub.proposed! : { commit: hub.commit, files };
    if (path === `${api}/discussions`) return void json(response, { discussions: hub.discussions, count: 1, start: 0 });
    if (path.startsWith(`${api}/revision/`)) return void json(response, { _id: "1", id: repository, sha: revision.commit });
    if (path === `${api}/tree/${revision.commit}`) return void json(response, [...revision.files].map(entry));
    const name = path.split("/").at(-1)!;
    const bytes = revision.files.get(name) ?? (path.startsWith("/storage/") ? hub.proposed?.files.get(name) : undefined);
    if (!bytes) return void response.writeHead(404, { "x-error-code": "RepoNotFound" }).end();
    if (path.startsWith("/storage/") || !isLarge(name)) return void send(bytes, method!, headers.range, response);
    const links = { "x-repo-commit": hub.commit, "x-linked-etag": `"${sha256(bytes)}"`, "x-linked-size": bytes.length };
    // By another name of this machine: another origin, to which no token may go.
    const location = `${hub.url.replace("127.0.0.1", "localhost")}/storage/${name}`;
    response.writeHead(302, { ...links, location }).end();
  }

  await new Promise<void>((ready) => server.listen(0, ready));
  Object.assign(hub, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return hub;
}

function entry([path, bytes]: [string, Uint8Array]) {
  const lfs = isLarge(path) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 130 } } : {};
  return { type: "file", path, size: bytes.length, oid: gitOid(bytes), ...lfs };
}

function send(bytes: Uint8Array, method: string, range: string | undefined, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
  if (from >= bytes.length && from > 0) return void response.writeHead(416).end();
  const rest = bytes.subarray(from);
  const partial = { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  response.writeHead(range ? 206 : 200, { "content-length": rest.length, ...(range && partial) });
  response.end(method === "HEAD" ? undefined : rest);
}

/** Announces all of a file, sends this many bytes and hangs up. */
export function hangUpAfter(bytes: Uint8Array, count: number, response: ServerResponse): true {
  response.writeHead(200, { "content-length": bytes.length });
  response.write(bytes.subarray(0, count));
  // Later, so that the other end has read what came.
  setTimeout(() => response.destroy(), 50);
  return true;
}
