/** @file A hub that sends what it has not announced, a network that breaks, and settings that are wrong. */

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openCheckpoint } from "@pickapic/clip";
import { expect, test } from "vitest";
import type { TestHub } from "../../../fixtures/hub/server.ts";
import { cacheFolder } from "../src/cache.ts";
import { timeoutMs } from "../src/environment.ts";
import { ETAG, expectWhole, failing, MODEL, NAME, opened, WEIGHTS } from "./opened.ts";

const CONFIG = Buffer.from(new Map(MODEL).get("config.json")!);
const CONFIG_OID = createHash("sha1").update(`blob ${CONFIG.length}\0`).update(CONFIG).digest("hex");
/** A config of the same length that says something else. */
const FORGED = Buffer.from(CONFIG.toString().replace(/"/, "'"));

/** Answers 200 with `body` instead of the file whose path matches. */
const sending = (only: RegExp, body: Uint8Array | string): TestHub["trouble"] => {
  return ({ url }, response) => only.test(url!) && Boolean(response.writeHead(200).end(body));
};

/** Changes what the hub says of config.json in its list of files. */
const listing = (changes: object): TestHub["trouble"] => {
  return ({ url }, response) => {
    if (!url!.includes("/tree/")) return false;
    const entries = MODEL.map(([path, bytes]) => {
      const lfs = path === "model.safetensors" ? { lfs: { oid: ETAG, size: bytes.length, pointerSize: 130 } } : {};
      const oid = createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
      return { type: "file", path, size: bytes.length, oid, ...lfs, ...(path === "config.json" ? changes : {}) };
    });
    return Boolean(response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(entries)));
  };
};

const both =
  (...troubles: TestHub["trouble"][]): TestHub["trouble"] =>
  (request, response) =>
    troubles.some((trouble) => trouble(request, response));

test("a small file with other bytes of the same length is thrown away, as one with a wrong sha256 is", async () => {
  const { get, hub, repository, blobs } = await opened();
  hub.trouble = sending(/\/config\.json$/, FORGED);
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_CHECKSUM",
    message: expect.stringMatching(
      new RegExp(`config.json came with git's sha1 [0-9a-f]{40}, expected ${CONFIG_OID}: it was thrown away`),
    ),
  });
  expect(readdirSync(blobs).filter((name) => name.startsWith(CONFIG_OID))).toEqual([]);
  expect(existsSync(join(repository, "refs", "main"))).toBe(false);
  hub.trouble = () => false;
  expect(CONFIG.equals(readFileSync(join(await get(), "config.json")))).toBe(true);
});

test.each(['W/"6523ab"', '"6523ab-17"', "c".repeat(41)])("what is no checksum that we know, %s, is not compared", async (oid) => {
  const { get, hub } = await opened();
  hub.trouble = both(listing({ oid }), sending(/\/config\.json$/, FORGED));
  expect(FORGED.equals(readFileSync(join(await get(), "config.json")))).toBe(true);
});

test.each([
  ["in capitals", { oid: CONFIG_OID.toUpperCase() }],
  ["as if a pointer stood for it", { lfs: { oid: "unknown", size: CONFIG.length, pointerSize: 130 } }],
  ["by a sha256", { oid: createHash("sha256").update(CONFIG).digest("hex") }],
])("a hub cannot put other bytes under a checksum by giving it %s", async (_how, changes) => {
  const { get, hub } = await opened();
  hub.trouble = both(listing(changes), sending(/\/config\.json$/, FORGED));
  await expect(get()).rejects.toMatchObject({ code: "PICKAPIC_HUB_CHECKSUM" });
  hub.trouble = listing(changes);
  expect(CONFIG.equals(readFileSync(join(await get(), "config.json")))).toBe(true);
});

test.each(["../../evil", "..", "a/b", "", undefined])(
  "a checksum of %s, which would be a path, is no list of the hub",
  async (oid) => {
    const { get, hub, repository } = await opened();
    hub.trouble = listing({ oid });
    await expect(get()).rejects.toMatchObject({ message: expect.stringMatching(/a file of it has no checksum/) });
    expect(existsSync(repository)).toBe(false);
  },
);

test("a file that is longer than announced is broken off there, and said to be so", async () => {
  const { get, hub, blobs, waits } = await opened();
  let written = 0;
  hub.trouble = ({ url }, response) => {
    if (!url!.startsWith("/storage/")) return false;
    response.writeHead(200).write(WEIGHTS);
    const more = () => {
      for (let i = 0; i < 100; i++) {
        written++;
        if (response.destroyed || written > 1000 || !response.write(Buffer.alloc(1 << 16))) break;
      }
      if (written > 1000) response.end();
    };
    response.on("drain", more);
    more();
    return true;
  };
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_CHECKSUM",
    message: expect.stringMatching(
      new RegExp(`^someone/a-clip: model.safetensors came with more than the ${WEIGHTS.length} bytes that the hub lists: it was`),
    ),
  });
  expect(written).toBeLessThan(1000);
  expect(waits).toEqual([]);
  expect(readdirSync(blobs).filter((name) => name.startsWith(ETAG))).toEqual([]);
});

test("a half file that makes the whole too long is fetched once more from the start", async () => {
  const { get, hub, blobs } = await opened();
  mkdirSync(blobs, { recursive: true });
  writeFileSync(join(blobs, `${ETAG}.incomplete`), WEIGHTS.subarray(0, 7777));
  hub.trouble = ({ url, headers }, response) =>
    url!.startsWith("/storage/") && headers.range !== undefined && Boolean(response.writeHead(206).end(WEIGHTS));
  expectWhole(await get());
});

test("a file that always ends early, and a 416 for its rest, is given up", async () => {
  const { get, hub, waits } = await opened();
  const short = WEIGHTS.subarray(0, 3000);
  hub.trouble = ({ url, headers }, response) => {
    if (!url!.startsWith("/storage/")) return false;
    return Boolean(headers.range ? response.writeHead(416).end() : response.writeHead(200).end(short));
  };
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_UNREACHABLE",
    message: expect.stringMatching(/model\.safetensors ended after|did not fit/),
  });
  expect(waits.length).toBeLessThan(8);
});

test.each(["../../etc/passwd", "..", "/etc/passwd", "C:\\weights", "", "a\0b"])(
  "a shard %j outside of its folder is refused",
  async (shard) => {
    const index = Buffer.from(JSON.stringify({ weight_map: { logit_scale: shard } }));
    const files = MODEL.filter(([name]) => name !== "model.safetensors");
    const { get } = await opened(new Map([...files, ["model.safetensors.index.json", index] as const]));
    const folder = await get();
    const refused = await openCheckpoint(folder).catch((reason: unknown) => reason as Error);
    expect(refused).toMatchObject({ code: "PICKAPIC_CLIP_FILE_UNREADABLE" });
    expect((refused as Error).message).toContain(
      `${join(folder, "model.safetensors.index.json")}: expected a weight_map from tensor names to files in this folder; logit_scale is said to be in ${JSON.stringify(shard)}, which is no file in it`,
    );
  },
);

test("offline, the command that is given is for the revision that was asked for", async () => {
  const { get, env } = await opened();
  const offline = { ...env, HF_HUB_OFFLINE: "1" };
  const hint = (command: string) => ({ message: expect.stringContaining(`run \`pickapic model pull ${command}\` once`) });
  await expect(get({ env: offline, name: `${NAME}@refs/pr/1` })).rejects.toMatchObject(hint(`${NAME}@refs/pr/1`));
  await expect(get({ env: offline })).rejects.toMatchObject(hint(NAME));
});

test("two calls at once in one process fetch a model whole", async () => {
  const { get } = await opened();
  const folders = await Promise.all([get(), get(), get()]);
  folders.forEach(expectWhole);
});

test("redirects that go round end in one sentence", async () => {
  const { get, hub } = await opened();
  hub.trouble = ({ url }, response) => url!.startsWith("/storage/") && Boolean(response.writeHead(302, { location: url! }).end());
  await expect(get()).rejects.toMatchObject({
    code: "PICKAPIC_HUB_UNREACHABLE",
    message: expect.stringMatching(/redirect count exceeded/),
  });
});

test.each(["hf_one\nhf_two", "hf_one two", "hf_schlüssel"])(
  "a token that cannot be sent, %j, is refused and not repeated",
  async (token) => {
    const { get, hub, env } = await opened();
    const error = await get({ env: { ...env, HF_TOKEN: token } }).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({
      code: "PICKAPIC_HUB_DENIED",
      message: expect.stringMatching(/^HF_TOKEN: expected one word/),
    });
    expect(String((error as Error).stack)).not.toContain("hf_");
    expect(hub.requests).toEqual([]);
  },
);

test("a newline after the token does no harm", async () => {
  const { get, hub, env } = await opened();
  const tokens = new Set<string | undefined>();
  hub.trouble = ({ url, headers }) => {
    if (!url!.startsWith("/storage/")) tokens.add(headers.authorization);
    return false;
  };
  await get({ env: { ...env, HF_TOKEN: "hf_secret\r\n" } });
  expect([...tokens]).toEqual(["Bearer hf_secret"]);
});

test("an endpoint may end with slashes and have a path", async () => {
  const { get, hub, env } = await opened();
  expectWhole(await get({ env: { ...env, HF_ENDPOINT: `${hub.url}//` } }));
  const other = await opened();
  const { hub: mirror } = other;
  const asked: string[] = [];
  mirror.trouble = (request) => {
    asked.push(request.url!);
    request.url = request.url!.replace(/^\/mirror(?=\/)/, "");
    return false;
  };
  expectWhole(await other.get({ env: { ...other.env, HF_ENDPOINT: `${mirror.url}/mirror/` } }));
  expect(asked.filter((url) => !/^\/(mirror|storage)\//.test(url))).toEqual([]);
});

test.each(["huggingface.co", "https://me:hf_secret@hub.example", "file:///tmp", "http://"])(
  "%s is no HF_ENDPOINT",
  async (endpoint) => {
    const { get, env, waits } = await opened();
    const error = await get({ env: { ...env, HF_ENDPOINT: endpoint } }).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({
      code: "PICKAPIC_HUB_UNREACHABLE",
      message: expect.stringMatching(/^HF_ENDPOINT: expected .* such as https:\/\/huggingface\.co/),
    });
    expect((error as Error).message).not.toContain("hf_secret");
    expect(waits).toEqual([]);
  },
);

test("a list of files that breaks off is asked for again", async () => {
  const { get, hub, waits } = await opened();
  let left = 2;
  hub.trouble = ({ url }, response) => {
    if (!url!.includes("/tree/") || left-- <= 0) return false;
    response.writeHead(200, { "content-length": 1000 }).write('[{"type":');
    setTimeout(() => response.destroy(), 50);
    return true;
  };
  expectWhole(await get());
  expect(waits).toHaveLength(2);
});

test("a list of files that falls silent is asked for again", async () => {
  const { get, hub, env } = await opened();
  let left = 1;
  hub.trouble = ({ url }, response) =>
    url!.includes("/tree/") && left-- > 0 && Boolean(response.writeHead(200, { "content-length": 1000 }).write('[{"type":'));
  expectWhole(await get({ env: { ...env, HF_HUB_DOWNLOAD_TIMEOUT: "0.2" } }));
});

test("a commit that was asked for is the one that is given", async () => {
  const { get, hub } = await opened();
  hub.commit = "e".repeat(40);
  await expect(get({ name: `${NAME}@${"d".repeat(40)}` })).rejects.toMatchObject({
    code: "PICKAPIC_HUB_UNREACHABLE",
    message: expect.stringMatching(/it names commit e{40} for d{40}/),
  });
});

test("a wait that is no number and no date, or below nothing, is one of our own; a date in another century is not waited for", async () => {
  const { get, hub, waits } = await opened();
  const asked = ["soon", "-5"];
  hub.trouble = (request, response) => asked.length > 0 && failing(429, { "retry-after": asked.shift()! })(request, response);
  expectWhole(await get());
  expect(waits).toEqual([1000, 2000]);
  hub.trouble = failing(429, { "retry-after": "Wed, 21 Oct 2099 07:28:00 GMT" });
  await expect(get({ refresh: true })).rejects.toMatchObject({ code: "PICKAPIC_HUB_BUSY" });
});

test("a timeout that no timer can keep is as long as one can", () => {
  const ms = (text: string) => timeoutMs({ HF_HUB_DOWNLOAD_TIMEOUT: text });
  expect([ms("1e12"), ms("Infinity")].map((each) => each < 2 ** 31)).toEqual([true, true]);
  expect(["-5", "soon", "", "0"].map(ms)).toEqual([30_000, 30_000, 30_000, 30_000]);
  expect(Number.isInteger(ms("1.1"))).toBe(true);
});

test("a ~ in the cache's place is the home folder, as in Python", () => {
  expect(cacheFolder({ HF_HUB_CACHE: "~/cache" })).toBe(join(homedir(), "cache"));
  expect(cacheFolder({ HF_HOME: "~" })).toBe(join(homedir(), "hub"));
});

test("a refresh that finds nothing new writes nothing: the cache may be read-only", async () => {
  const { get, repository } = await opened();
  await get();
  const before = statSync(join(repository, "refs", "main")).ino;
  await get({ refresh: true });
  expect(statSync(join(repository, "refs", "main")).ino).toBe(before);
});

test("two processes at once fetch a model whole, and leave no parts", async () => {
  const { hub, env, blobs, repository } = await opened();
  hub.trouble = ({ url }, response) => {
    if (!url!.startsWith("/storage/")) return false;
    response.writeHead(200, { "content-length": WEIGHTS.length }).write(WEIGHTS.subarray(0, 5000));
    setTimeout(() => response.end(WEIGHTS.subarray(5000)), 400);
    return true;
  };
  const source = new URL("../src/fetchModel.ts", import.meta.url).href;
  const script = `const { fetchModel } = await import("${source}"); await fetchModel({ repository: "${NAME}", revision: "main" });`;
  const run = () =>
    promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env: { ...process.env, ...env } });
  await Promise.all([run(), run()]);
  expectWhole(join(repository, "snapshots", hub.commit));
  expect(readdirSync(blobs).filter((name) => name.includes("."))).toEqual([]);
});

test("a cache folder that cannot be written is named", async () => {
  const { get, env, repository } = await opened();
  writeFileSync(repository, "");
  await expect(get()).rejects.toMatchObject({ code: "ENOTDIR", path: expect.stringContaining(env.HF_HUB_CACHE!) });
});

test("a connection that is reset again and again is gone on with, as long as each time brings something", async () => {
  const { get, hub, waits } = await opened();
  const piece = Math.ceil(WEIGHTS.length / 9);
  let reset = () => {};
  hub.trouble = ({ url, headers }, response) => {
    if (!url!.startsWith("/storage/")) return false;
    const from = Number(/\d+/.exec(headers.range ?? "0")![0]);
    response.writeHead(headers.range ? 206 : 200, { "content-length": WEIGHTS.length - from });
    response.write(WEIGHTS.subarray(from, from + piece));
    reset = () => response.socket?.resetAndDestroy();
    return true;
  };
  // Only when something has come: on a busy machine both may be seen at once.
  expectWhole(await get({ onProgress: () => reset() }));
  expect(waits.length).toBeGreaterThan(7);
  expect(new Set(waits)).toEqual(new Set([1000]));
});
