/**
 * @file The server of the benchmark `answers`. It runs in its own process, because the simulated people would slow down a server in theirs.
 * It counts the SQL statements that it sends, and fills its store with pairs that are ready to be answered.
 */
import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { runningEmbedded } from "../../packages/server/src/database/embedded.ts";
import { folderStore } from "../../packages/server/src/files/folderStore.ts";
import { imageFiles } from "../../packages/server/src/files/imageFiles.ts";
import { startServer } from "../../packages/server/src/index.ts";
import { toyBackend } from "../../packages/toyworld/src/index.ts";

/** A message from the benchmark to this process. */
export type Order =
  | { kind: "start"; runWorker: boolean }
  /** Prepares `rounds` rounds for each user, each with a shown pair and two more pictures that are ready. */
  | { kind: "prepare"; users: string[]; rounds: number }
  /** Asks for the `Usage` since the start. */
  | { kind: "usage" }
  | { kind: "images" }
  | { kind: "stop" };

export interface Usage {
  /** SQL statements that the server sent. */
  statements: number;
  /** CPU time of the server's process, in ms. */
  serverMs: number;
  /** CPU time of PostgreSQL's processes, in ms; 0 on a system without /proc. */
  databaseMs: number;
}

const PROMPT = "two red apples left of a cat on a blue background";
/** Pictures of one round that are ready. Three answers use them up. */
const PICTURES = 4;
const DIFFERENT_FILES = 16;

let statements = 0;
const query = pg.Client.prototype.query;
pg.Client.prototype.query = function counted(this: pg.Client, ...values: unknown[]) {
  statements++;
  return Reflect.apply(query, this, values);
} as typeof query;

const base = await mkdtemp(join(tmpdir(), "pickapic-bench-"));
const folder = join(base, "data");
let close = async () => {};

async function start(runWorker: boolean): Promise<string> {
  const settings = {
    dataFolder: folder,
    port: 0,
    backends: [toyBackend({ ownThread: true })],
    runWorker,
    logLevel: "error",
  } as const;
  const server = await startServer(settings, {});
  close = () => server.close();
  return server.url;
}

async function withDatabase<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client((await runningEmbedded(folder)) ?? "");
  await client.connect();
  return use(client).finally(() => client.end());
}

/** Stores toy pictures as the server does. @returns their hashes */
async function storePictures(): Promise<string[]> {
  const { encodeImage } = await import("../../packages/server/src/images/encode.ts");
  const files = imageFiles(folderStore(join(folder, "files")));
  const [model] = toyBackend().models;
  if (!model) throw new Error("the toy world has no generator");
  const hashes: string[] = [];
  for (let seed = 1; seed <= DIFFERENT_FILES; seed++) {
    const { width, height, steps } = model;
    const request = { prompt: PROMPT, negativePrompt: "", model: model.name, seed, guidanceScale: 7, steps, width, height };
    const { bytes } = await encodeImage((await toyBackend().generate(request)).bytes);
    hashes.push(await files.put(bytes));
  }
  return hashes;
}

/** Fills the store with rounds. @returns for each user, the ids of the comparisons that are shown in their rounds */
async function prepare(users: readonly string[], rounds: number): Promise<string[][]> {
  const hashes = await storePictures();
  return withDatabase(async (client) => {
    const shown: string[][] = [];
    await client.query("begin");
    for (const user of users) {
      const comparisons: string[] = [];
      for (let i = 0; i < rounds; i++) comparisons.push(await prepareRound(client, user, hashes, i));
      shown.push(comparisons);
    }
    await client.query("commit");
    // Autovacuum would do the same for new rows. Empty tables are left out, as it leaves them out.
    await client.query('vacuum analyze "user", session, people, rounds, images, comparisons');
    return shown;
  });
}

async function prepareRound(client: pg.Client, user: string, hashes: readonly string[], turn: number): Promise<string> {
  const [round, comparison] = [randomUUID(), randomUUID()];
  const images = Array.from({ length: PICTURES }, () => randomUUID());
  const files = images.map((_, i) => hashes[(turn * PICTURES + i) % hashes.length]);
  await client.query("insert into rounds (id, user_id, prompt, negative_prompt) values ($1, $2, $3, '')", [round, user, PROMPT]);
  await client.query(
    `insert into images (id, round_id, state, backend, model, seed, guidance_scale, steps, scheduler, request_width, request_height,
       content_hash, width, height, generation_ms, warnings, ready_at)
     select i.id::uuid, $1, 'ready', 'toy', 'toy-turbo', 1, 7, 4, 'none', 512, 512, i.hash, 512, 512, 26, '[]', now()
     from unnest($2::text[], $3::text[]) as i (id, hash)`,
    [round, images, files],
  );
  await client.query(
    `insert into comparisons (id, round_id, left_image, right_image, left_model, right_model, consent_version, shown_at)
     select $1, $2, $3, $4, 'toy-turbo', 'toy-turbo', consent_version, now() - interval '1 minute' from people where user_id = $5`,
    [comparison, round, images[0], images[1], user],
  );
  await client.query("update rounds set comparison_id = $1 where id = $2", [comparison, round]);
  return comparison;
}

async function usage(): Promise<Usage> {
  const { user, system } = process.cpuUsage();
  return { statements, serverMs: (user + system) / 1000, databaseMs: await databaseTime() };
}

/** The unit of CPU time in /proc, in ms. */
const TICK_MS = 10;

/** CPU time in ms of the postmaster and its processes, including those that have ended. */
async function databaseTime(): Promise<number> {
  const [postmaster] = (await readFile(join(folder, "postgres/postmaster.pid"), "utf8")).split("\n");
  const processes = await Promise.all((await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name)).map(timesOf));
  const ours = processes.filter((times) => times && [times.pid, times.parent].includes(Number(postmaster)));
  return ours.reduce((sum, times) => sum + (times?.ticks ?? 0) * TICK_MS, 0);
}

async function timesOf(pid: string): Promise<{ pid: number; parent: number; ticks: number } | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  // The fields after the name in brackets are state, parent, ...; the 12th and 13th are the CPU time of the process, the 14th and 15th that of its ended children.
  const fields = text
    ?.slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  if (!fields) return null;
  return { pid: Number(pid), parent: fields[1] ?? 0, ticks: fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) };
}

/** The number of pictures that are ready. */
async function countImages(): Promise<number> {
  const rows = await withDatabase(
    async (client) => (await client.query<{ n: string }>("select count(*) n from images where state = 'ready'")).rows,
  );
  return Number(rows[0]?.n);
}

async function stop(): Promise<null> {
  await close();
  await rm(base, { recursive: true, force: true });
  return null;
}

function obey(order: Order): Promise<unknown> {
  switch (order.kind) {
    case "start":
      return start(order.runWorker);
    case "prepare":
      return prepare(order.users, order.rounds);
    case "usage":
      return usage();
    case "images":
      return countImages();
    case "stop":
      return stop();
  }
}

process.on("message", (order: Order) => {
  obey(order).then(
    (reply) => process.send?.({ reply }, () => order.kind === "stop" && process.exit()),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
