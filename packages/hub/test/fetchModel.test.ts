import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { openCheckpoint } from "@pickapic/clip";
import { expect, test } from "vitest";
import { COMMIT, hangUpAfter } from "../../../fixtures/hub/server.ts";
import { cacheFolder } from "../src/cache.ts";
import { type FetchOptions, fetchModel } from "../src/fetchModel.ts";
import { parseHubName } from "../src/name.ts";
import { ETAG, expectWhole, failing, MODEL, NAME, OTHERS, opened, WEIGHTS } from "./opened.ts";

test("a model is fetched into the cache as Python lays it out, and only what a CLIP needs", async () => {
  const { get, repository } = await opened();
  const seen: number[] = [];
  const folder = await get({ onProgress: ({ done, total }) => seen.push(done / total) });
  expect(folder).toBe(join(repository, "snapshots", COMMIT));
  expect(readFileSync(join(repository, "refs", "main"), "utf8")).toBe(COMMIT);
  expect(readdirSync(folder).sort()).toEqual(MODEL.map(([name]) => name).sort());
  expect(readlinkSync(join(folder, "model.safetensors"))).toBe(join("..", "..", "blobs", ETAG));
  expect(seen.at(-1)).toBe(1);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect((await openCheckpoint(folder)).tensors.size).toBeGreaterThan(50);
});

test("the second time costs no request, offline neither; with refresh it costs two small ones", async () => {
  const { get, hub, env, effects } = await opened();
  const folder = await get();
  hub.requests.length = 0;
  expect(await get()).toBe(folder);
  expect(await fetchModel(parseHubName(NAME)!, { env: { ...env, HF_HUB_OFFLINE: "1" }, effects, refresh: true })).toBe(folder);
  expect(hub.requests).toEqual([]);
  expect(await get({ refresh: true })).toBe(folder);
  expect(hub.requests).toEqual([`GET /api/models/${NAME}/revision/main`, `GET /api/models/${NAME}/tree/${COMMIT}`]);
});

test("a branch that has moved is fetched again on refresh, and the old commit stays", async () => {
  const { get, hub, repository } = await opened();
  await get();
  hub.commit = "f".repeat(40);
  expect(await get({ refresh: true })).toBe(join(repository, "snapshots", hub.commit));
  expect(readdirSync(join(repository, "snapshots")).sort()).toEqual([COMMIT, hub.commit].sort());
  expect(await get({ name: `${NAME}@${COMMIT}` })).toBe(join(repository, "snapshots", COMMIT));
});

test("of a processor's repository no weights are fetched", async () => {
  const { get, hub } = await opened();
  const folder = await get({ component: "processor" });
  expect(existsSync(join(folder, "model.safetensors"))).toBe(false);
  expect(existsSync(join(folder, "preprocessor_config.json"))).toBe(true);
  expect(hub.requests.some((request) => request.includes("safetensors"))).toBe(false);
});

test("the token goes to the hub, and not to where it sends on", async () => {
  const { get, hub, env } = await opened();
  const tokens = new Set<string | undefined>();
  hub.trouble = ({ url, headers }) => {
    if (!url!.startsWith("/storage/")) tokens.add(headers.authorization);
    return false;
  };
  await get({ env: { ...env, HF_TOKEN: "hf_secret" } });
  expect([...tokens]).toEqual(["Bearer hf_secret"]);
  expect(hub.leaked).toEqual([]);
});

test("offline with an empty cache is one sentence, without a request", async () => {
  const { get, hub, env } = await opened();
  await expect(get({ env: { ...env, HF_HUB_OFFLINE: "1" } })).rejects.toMatchObject({
    code: "PICKAPIC_HUB_OFFLINE",
    message: expect.stringMatching(
      /^someone\/a-clip@main: it is not in the cache, and HF_HUB_OFFLINE forbids .* `pickapic model pull/,
    ),
  });
  expect(hub.requests).toEqual([]);
});

const refusals: [what: string, status: number, headers: Record<string, string>, code: string, words: RegExp][] = [
  ["404", 404, { "x-error-code": "RepoNotFound" }, "PICKAPIC_HUB_NOT_FOUND", /no such model on the hub \(404\)/],
  ["404 of a revision", 404, { "x-error-code": "RevisionNotFound" }, "PICKAPIC_HUB_NOT_FOUND", /no revision "main"/],
  ["401", 401, {}, "PICKAPIC_HUB_DENIED", /set HF_TOKEN/],
  [
    "401 for a name that is none",
    401,
    { "x-error-code": "RepoNotFound" },
    "PICKAPIC_HUB_NOT_FOUND",
    /private one needs HF_TOKEN/,
  ],
  ["403", 403, {}, "PICKAPIC_HUB_DENIED", /accept its terms/],
  ["a gated model", 401, { "x-error-code": "GatedRepo" }, "PICKAPIC_HUB_DENIED", /accept its terms/],
];
test.each(refusals)("%s is said in one sentence, at once, and leaves nothing", async (_what, status, headers, code, words) => {
  const { get, hub, waits, repository } = await opened();
  hub.trouble = failing(status, headers);
  const error = await get().catch((reason: unknown) => reason as Error);
  expect(error).toMatchObject({ code, message: expect.stringMatching(words) });
  expect((error as Error).message).toMatch(/^someone\/a-clip: [^\n]*\.$/);
  expect(waits).toEqual([]);
  expect(hub.requests).toHaveLength(1);
  expect(existsSync(repository)).toBe(false);
});

test.each([
  [
    "a storage that has not what the hub lists",
    404,
    {},
    /^\/storage\//,
    /^\S+: localhost:\d+ answered 404 for model\.safetensors, a file/,
  ],
  [
    "a storage whose link has run out",
    403,
    {},
    /^\/storage\//,
    /^\S+: localhost:\d+ answered 403 for model\.safetensors, a file/,
  ],
  [
    "a hub that lists a file and has it not",
    404,
    { "x-error-code": "EntryNotFound" },
    /resolve\/.*merges\.txt/,
    /answered 404 for merges\.txt, a file that the hub lists: run it again later/,
  ],
] as const)("%s: neither name nor token is blamed", async (_what, status, headers, only, message) => {
  const { get, hub, repository } = await opened();
  hub.trouble = failing(status, headers, only);
  const words = expect.stringMatching(message);
  await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_HUB_UNREACHABLE", message: words });
  expect(existsSync(join(repository, "refs"))).toBe(false);
  hub.trouble = () => false;
  expectWhole(await get());
});

test.each([-3, "5", 1.5, undefined])("a list of files that gives a size of %s is no list of the hub", async (size) => {
  const { get, hub, repository } = await opened();
  hub.trouble = ({ url }, response) => {
    if (!url!.includes("/tree/")) return false;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify([{ type: "file", path: "config.json", size, oid: "0".repeat(40) }]));
    return true;
  };
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_UNREACHABLE",
    message: expect.stringMatching(/does not answer as the hub does \(a file of it has no size\)/),
  });
  expect(existsSync(repository)).toBe(false);
});

test("429 is waited for as long as the hub asks, then it goes on", async () => {
  const { get, hub, waits } = await opened();
  let left = 2;
  hub.trouble = (request, response) => left-- > 0 && failing(429, { "retry-after": "7" })(request, response);
  await get();
  expect(waits).toEqual([7000, 7000]);
});

test.each([429, 503])("%i with a date is waited for until then, by the clock of the hub", async (status) => {
  const { get, hub, waits } = await opened();
  let left = 1;
  const date = "Fri, 27 Nov 2026 10:00:00 GMT";
  const trouble = failing(status, { date, "retry-after": "Fri, 27 Nov 2026 10:00:42 GMT" });
  hub.trouble = (request, response) => left-- > 0 && trouble(request, response);
  expectWhole(await get());
  expect(waits).toEqual([42_000]);
  hub.trouble = failing(status, { date, "retry-after": "Fri, 27 Nov 2026 12:00:00 GMT" });
  await expect(get({ refresh: true })).rejects.toThrow(/the hub answered .*: try again in 7200 s, or set HF_TOKEN/);
});

test("429 without end, or with an hour to wait, is one sentence with the time", async () => {
  const { get, hub, waits } = await opened();
  hub.trouble = failing(429, { "retry-after": "3600" });
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_BUSY",
    message: expect.stringMatching(/try again in 3600 s/),
  });
  expect(waits).toEqual([]);
  hub.trouble = failing(429);
  await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_HUB_BUSY" });
  expect(waits).toHaveLength(4);
});

test("500 is tried again five times in all; when it heals, nobody sees it", async () => {
  const { get, hub, waits } = await opened();
  hub.trouble = failing(500, {}, /storage/);
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_UNREACHABLE",
    message: expect.stringMatching(/it answered 500\), after 5 attempts/),
  });
  expect(waits).toEqual([1000, 2000, 4000, 8000]);
  let left = 3;
  hub.trouble = (request, response) => left-- > 0 && failing(503)(request, response);
  expect(existsSync(join(await get(), "model.safetensors"))).toBe(true);
});

test("nobody at the address, and something that is not a hub, are one sentence each", async () => {
  const { get, env, hub } = await opened();
  await expect(get({ env: { ...env, HF_ENDPOINT: "http://127.0.0.1:9" } })).rejects.toMatchObject({
    code: "PICKAPIC_HUB_UNREACHABLE",
  });
  hub.trouble = (_request, response) => Boolean(response.writeHead(200).end("<html>Sign in to the hotel</html>"));
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_UNREACHABLE",
    message: expect.stringMatching(/does not answer as the hub does .* HF_ENDPOINT/),
  });
});

test("a connection that breaks off is gone on with where it broke", async () => {
  const { get, hub } = await opened();
  let hangUp: (() => void) | null = null;
  hub.trouble = ({ url }, response) => {
    if (hangUp || !url!.startsWith("/storage/")) return false;
    hangUp = () => response.destroy();
    response.writeHead(200, { "content-length": WEIGHTS.length });
    return response.write(WEIGHTS.subarray(0, 5000)) || true;
  };
  // Only when something has come: on a busy machine both may be seen at once.
  expectWhole(await get({ onProgress: () => hangUp?.() }));
  const resumed = hub.requests.filter((request) => request.includes("/storage/")).at(-1)!;
  expect(Number(/bytes=(\d+)-/.exec(resumed)![1])).toBeGreaterThan(0);
});

test("half a file of an earlier download, Python's or that of a process that died, is gone on with", async () => {
  for (const left of [`${ETAG}.incomplete`, `${ETAG}.999999999.part`]) {
    const { get, hub, blobs } = await opened();
    mkdirSync(blobs, { recursive: true });
    writeFileSync(join(blobs, left), WEIGHTS.subarray(0, 7777));
    expectWhole(await get());
    expect(hub.requests).toContain("GET /storage/model.safetensors bytes=7777-");
    expect(readdirSync(blobs).filter((name) => name.includes("."))).toEqual([]);
  }
});

test("a half file that was damaged is found out by the checksum and fetched from the start", async () => {
  const { get, hub, blobs } = await opened();
  mkdirSync(blobs, { recursive: true });
  writeFileSync(join(blobs, `${ETAG}.incomplete`), Buffer.alloc(7777, 1));
  expectWhole(await get());
  expect(hub.requests.filter((request) => request.startsWith("GET /storage/"))).toEqual([
    "GET /storage/model.safetensors bytes=7777-",
    "GET /storage/model.safetensors",
  ]);
});

test("a server without ranges, and one that always sends half a file", async () => {
  const { get, hub, waits, blobs } = await opened();
  mkdirSync(blobs, { recursive: true });
  writeFileSync(join(blobs, `${ETAG}.incomplete`), WEIGHTS.subarray(0, 100));
  hub.trouble = ({ url }, response) => url!.startsWith("/storage/") && hangUpAfter(WEIGHTS, 3000, response);
  await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_HUB_UNREACHABLE" });
  expect(waits.length).toBeLessThan(8);
  hub.trouble = ({ url }, response) =>
    url!.startsWith("/storage/") && Boolean(response.writeHead(200, { "content-length": WEIGHTS.length }).end(WEIGHTS));
  expectWhole(await get());
});

test("a file that is not what was announced is thrown away and named with both checksums", async () => {
  const { get, hub, repository, blobs } = await opened();
  const wrong = Buffer.from(WEIGHTS);
  wrong[5000]! ^= 1;
  hub.trouble = ({ url }, response) => url!.startsWith("/storage/") && Boolean(response.writeHead(200).end(wrong));
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_CHECKSUM",
    message: expect.stringMatching(new RegExp(`model.safetensors came with sha256 [0-9a-f]{64}, expected ${ETAG}`)),
  });
  expect(readdirSync(blobs).filter((name) => name.startsWith(ETAG))).toEqual([]);
  expect(existsSync(join(repository, "refs", "main"))).toBe(false);
});

test("a disk that is full before or during a download is one sentence, and what came is kept", async () => {
  const { get, effects, blobs } = await opened();
  const full = {
    code: "PICKAPIC_HUB_DISK_FULL",
    message: expect.stringMatching(/^[\w.]+: the disk of .* is full: free \d+ MB there, or set HF_HOME to a folder on/),
  };
  await expect(get({ effects: { ...effects, freeBytes: async () => 10 } })).rejects.toMatchObject(full);
  const openFile = async (path: string) => {
    const handle = await open(path, "a");
    const write = async (bytes: Uint8Array, from = 0, length = bytes.length) => {
      const { size } = await handle.stat();
      if (size >= 4000) throw Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
      return handle.write(bytes, from, Math.min(length, 4000 - size));
    };
    return { write, close: () => handle.close(), sync: () => handle.sync() } as typeof handle;
  };
  await expect(get({ effects: { ...effects, openFile } })).rejects.toMatchObject(full);
  const left = readdirSync(blobs).filter((name) => name.endsWith(".incomplete"));
  expect(left.map((name) => lstatSync(join(blobs, name)).size)).toEqual([4000]);
  expectWhole(await get());
});

test("Ctrl-C stops in the middle of a file, keeps what came, and the next call goes on", async () => {
  const { get, hub, blobs } = await opened();
  hub.trouble = ({ url }, response) => {
    if (!url!.startsWith("/storage/")) return false;
    response.writeHead(200, { "content-length": WEIGHTS.length });
    return response.write(WEIGHTS.subarray(0, 9000)) || true;
  };
  const stop = new AbortController();
  const onProgress: FetchOptions["onProgress"] = ({ note, done }) =>
    note === "model.safetensors" && done > 9000 && stop.abort(new Error("stopped"));
  await expect(get({ signal: stop.signal, onProgress })).rejects.toThrow("stopped");
  expect(readdirSync(blobs).filter((name) => name.includes("."))).toEqual([`${ETAG}.incomplete`]);
  hub.trouble = () => false;
  expectWhole(await get());
});

test("a repository with a pickle only is refused before anything is fetched; one without a CLIP too", async () => {
  const pickle = await opened(new Map([...MODEL.filter(([name]) => name !== "model.safetensors"), ...OTHERS]));
  await expect(pickle.get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_PICKLE_REFUSED",
    message: expect.stringMatching(/any code .* someone\/a-clip@refs\/pr\/1/),
  });
  expect(pickle.hub.requests).toHaveLength(3);
  expect(existsSync(pickle.repository)).toBe(false);
  const shards = ["pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin", "pytorch_model.bin.index.json"];
  const sharded = await opened(
    new Map([
      ...MODEL.filter(([name]) => name !== "model.safetensors"),
      ...shards.map((name) => [name, Buffer.from("PK")] as const),
    ]),
  );
  await expect(sharded.get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_PICKLE_REFUSED",
    message: expect.stringMatching(/it has pytorch_model-00001-of-00002\.bin only, a pickle/),
  });
  const bare = await opened(new Map([["README.md", Buffer.from("x")]]));
  await expect(bare.get()).rejects.toMatchObject({ code: "PICKAPIC_HUB_NOT_FOUND" });
});

test("where there is a pickle only, the pull request of the hub's own converter is taken, of nobody else", async () => {
  const pickled = new Map([...MODEL.filter(([name]) => name !== "model.safetensors"), ...OTHERS]);
  const { get, hub, env, repository } = await opened(pickled);
  const request = { num: 7, title: "Adding `safetensors` variant of this model", status: "open", isPullRequest: true };
  hub.proposed = { commit: "7".repeat(40), files: new Map(MODEL) };
  const refused = [
    { ...request, author: { name: "somebody" } },
    { ...request, author: { name: "SFconvertbot" }, status: "closed" },
    { ...request, author: { name: "SFconvertbot" }, title: "Adding a backdoor" },
    { ...request, author: { name: "SFconvertbot" }, isPullRequest: false },
  ];
  hub.discussions = refused;
  await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_HUB_PICKLE_REFUSED" });
  hub.discussions = [...refused, { ...request, author: { name: "SFconvertbot" } }];
  const folder = await get();
  expect(folder).toBe(join(repository, "snapshots", "7".repeat(40)));
  expectWhole(folder);
  expect(hub.requests.some((asked) => asked.includes("pytorch_model.bin"))).toBe(false);
  // Python's main branch is not touched, and the next time costs nothing, without a network too.
  expect(readdirSync(join(repository, "refs"))).toEqual(["safetensors-of-main"]);
  hub.requests.length = 0;
  expect(await get({ env: { ...env, HF_HUB_OFFLINE: "1" } })).toBe(folder);
  expect(hub.requests).toEqual([]);
  expect(await get({ refresh: true })).toBe(folder);
});

test("a file with a name that climbs out of the cache is not fetched", async () => {
  const { get, hub } = await opened(new Map([...MODEL, ["../../evil.json", Buffer.from("{}")]]));
  const folder = await get();
  expect(readdirSync(folder)).toHaveLength(MODEL.length);
  expect(hub.requests.some((request) => request.includes("evil"))).toBe(false);
});

test("a snapshot whose weights have gone is fetched again", async () => {
  const { get, blobs } = await opened();
  await get();
  rmSync(join(blobs, ETAG));
  expectWhole(await get());
});

test("the cache is where Python looks for it", () => {
  expect(cacheFolder({ HF_HUB_CACHE: "/a", HF_HOME: "/b" })).toBe("/a");
  expect(cacheFolder({ HF_HOME: "/b" })).toBe("/b/hub");
  expect(cacheFolder({ XDG_CACHE_HOME: "/c" })).toBe("/c/huggingface/hub");
  expect(cacheFolder({})).toMatch(/\.cache\/huggingface\/hub$/);
});

test("names of the hub and what is none", () => {
  expect(parseHubName("openai/clip-vit-base-patch32")).toEqual({ repository: "openai/clip-vit-base-patch32", revision: "main" });
  expect(parseHubName("a/b.c@refs/pr/1")).toEqual({ repository: "a/b.c", revision: "refs/pr/1" });
  const none = ["clip-toy", "./a/b", "/a/b", "../a", "a/b/c", "a/b@", "a/b@../../x", "a/..", "~/a", "a//b", ""];
  expect(none.filter((name) => parseHubName(name) !== null)).toEqual([]);
});
