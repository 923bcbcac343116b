/**
 * @file Memory of one whole worker (`pickapic worker`) that makes 100 images at once of a stand-in for an A1111 server: its resident memory over time, while every
 * image is asked for, checked, encoded and stored. `npm run bench -- worker`; `--rounds 500` for more images, `--json`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openRoster } from "@pickapic/generation/models";
import { startServer } from "@pickapic/server";
import pg from "pg";
import sharp from "sharp";
import { Me } from "../packages/server/src/api.ts";
import { runningEmbedded } from "../packages/server/src/database/embedded.ts";
import { benchOptions, wholeNumber } from "./options/options.ts";

const options = benchOptions({ rounds: { type: "string", default: "300" }, json: { type: "boolean", default: false } });
/** Prompts; each gets a pair and the images that are made ahead. */
const ROUNDS = wholeNumber("rounds", options.rounds);
const AT_ONCE = 100;
/** The time that the stand-in takes for an image, ms: long enough that the worker has taken 100 before the first is there. */
const SERVER_MS = 8_000;
const SIDE = 512;
const GUESTS = 20;
const LOOK_MS = 1_000;
const MAIN = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));

/** A server with the API of AUTOMATIC1111 that sends one noisy picture after a time. @param count called with the number of requests in progress */
async function startStandIn(count: (now: number) => void): Promise<{ server: Server; port: number }> {
  const noise = {
    create: { width: SIDE, height: SIDE, channels: 3, background: "grey", noise: { type: "gaussian", mean: 128, sigma: 8 } },
  } as const;
  const png = await sharp(noise).png().toBuffer();
  const body = JSON.stringify({ images: [png.toString("base64")], parameters: {}, info: '{"seed": 1}' });
  let now = 0;
  const server = createServer((request, response) => {
    count(++now);
    const send = () => {
      now--;
      response.writeHead(200, { "content-type": "application/json" }).end(body);
    };
    request.resume().on("end", () => setTimeout(send, SERVER_MS));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address ? address.port : 0 };
}

/** Signs in a guest who agrees. @returns what asks as this guest */
async function arrive(url: string) {
  let cookie = "";
  const ask = async (method: string, path: string, body?: object): Promise<unknown> => {
    const headers = { cookie, ...(body && { "content-type": "application/json" }) };
    const reply = await fetch(url + path, { method, headers, body: body ? JSON.stringify(body) : null });
    for (const line of reply.headers.getSetCookie()) cookie = line.split(";")[0] ?? "";
    if (!reply.ok) throw new Error(`${method} ${path}: ${await reply.text()}`);
    return reply.json();
  };
  await ask("POST", "/api/auth/sign-in/anonymous", {});
  const { consent } = Me.parse(await ask("GET", "/api/me"));
  await ask("POST", "/api/consent", { version: consent.version });
  return ask;
}

/** Resident memory of a process, MB (Linux only). */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

async function startWorker(folder: string, models: string): Promise<ChildProcess & { pid: number }> {
  const words = ["worker", "--data", folder, "--models", models, "--concurrency", String(AT_ONCE), "--json"];
  const child = spawn(process.execPath, [MAIN, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  await once(createInterface({ input: child.stdout }), "line");
  if (child.pid === undefined) throw new Error("the worker did not start");
  return Object.assign(child, { pid: child.pid });
}

const COUNTS =
  "select count(*) filter (where state = 'ready')::int as ready, count(*) filter (where state in ('queued', 'generating'))::int as coming, count(*) filter (where state = 'failed')::int as failed from images";

const base = await mkdtemp(join(tmpdir(), "pickapic-bench-"));
const folder = join(base, "data");
const models = join(base, "models.yaml");
let mostAtOnce = 0;
const standIn = await startStandIn((now) => {
  mostAtOnce = Math.max(mostAtOnce, now);
});
await writeFile(models, `models:\n  - a1111: http://127.0.0.1:${standIn.port}\n    concurrency: ${AT_ONCE}\n`);
const roster = await openRoster(models);
const limits = { queueLimit: 100_000, addressQueueLimit: 100_000, userQueueLimit: 100_000, userWeeklyLimit: 100_000 };
const app = await startServer(
  { dataFolder: folder, port: 0, backends: roster.backends, runWorker: false, logLevel: "error", ...limits },
  {},
);
const guests: Awaited<ReturnType<typeof arrive>>[] = [];
while (guests.length < GUESTS) guests.push(await arrive(app.url));
for (let i = 0; i < ROUNDS; i++) await guests[i % GUESTS]?.("POST", "/api/rounds", { prompt: `a red cat, number ${i}` });
const client = new pg.Client((await runningEmbedded(folder)) ?? "");
await client.connect();

const worker = await startWorker(folder, models);
const started = performance.now();
const samples: { seconds: number; ready: number; mb: number }[] = [];
let counts = { ready: 0, coming: 1, failed: 0 };
while (counts.coming > 0) {
  await wait(LOOK_MS);
  counts = (await client.query<typeof counts>(COUNTS)).rows[0] ?? counts;
  samples.push({ seconds: (performance.now() - started) / 1000, ready: counts.ready, mb: await residentMb(worker.pid) });
}
worker.kill("SIGTERM");
await once(worker, "exit");
await client.end();
await app.close();
await roster.close();
standIn.server.closeAllConnections();
standIn.server.close();
await rm(base, { recursive: true, force: true });

const third = Math.ceil(samples.length / 3);
const mostMb = [0, 1, 2].map((i) => Math.round(Math.max(...samples.slice(i * third, (i + 1) * third).map(({ mb }) => mb))));
const result = {
  images: counts.ready,
  failed: counts.failed,
  mostAtOnce,
  seconds: samples.at(-1)?.seconds ?? 0,
  mostMb,
  samples,
};
if (options.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else
  process.stdout.write(`${SIDE} px, ${SERVER_MS / 1000} s an image at the stand-in, on ${cpus()[0]?.model} (${cpus().length} cores)
${result.images} images in ${result.seconds.toFixed(0)} s, ${result.failed} failed, at most ${mostAtOnce} requests at once; the worker's memory at most ${mostMb.join(", ")} MB in each third
`);
