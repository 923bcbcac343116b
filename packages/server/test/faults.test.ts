import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isRunning } from "@pickapic/disk";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Ready } from "../src/api.ts";
import { runningEmbedded } from "../src/database/embedded.ts";
import { keepConnected } from "../src/database/session.ts";
import { folderStore } from "../src/files/folderStore.ts";
import { imageFiles } from "../src/files/imageFiles.ts";
import { runWorker, startServer } from "../src/index.ts";
import { openScorers } from "../src/jobs/scorers.ts";
import { startWorker } from "../src/jobs/worker.ts";
import { diskRoom } from "../src/operations/room.ts";
import { resolveSettings } from "../src/resolveSettings.ts";
import {
  answerAndGoOn,
  codeOf,
  fakeBackend,
  type House,
  NO_ENVIRONMENT,
  openHouse,
  PATIENT,
  startRound,
  stranger,
  temporaryFolder,
  until,
  writePrompt,
} from "./house.ts";

async function postmasterOf(folder: string): Promise<number> {
  return Number((await readFile(join(folder, "postgres/postmaster.pid"), "utf8")).split("\n")[0]);
}

/** The postmaster and all its processes. */
async function familyOf(folder: string): Promise<number[]> {
  const postmaster = await postmasterOf(folder);
  const children = await readFile(`/proc/${postmaster}/task/${postmaster}/children`, "utf8");
  return [postmaster, ...children.trim().split(" ").map(Number)];
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) if (isRunning(pid)) process.kill(pid, signal);
}

async function readyOf(url: string): Promise<Ready & { status: number }> {
  const { status, body } = await stranger(url).send("GET", "/api/ready");
  return { status, ...Ready.parse(body) };
}

/** Names of the checks that failed. */
async function failing(url: string): Promise<string[]> {
  return (await readyOf(url)).checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

describe("generation goes on by itself", () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse({ imagesAhead: 2 });
    house.backend.before = () => wait(30);
  });
  afterAll(() => house.close());

  test.each(["one backend was killed", "PostgreSQL was killed"])("after %s", async (what) => {
    const judges = await Promise.all([house.judge(), house.judge()]);
    const rounds = await Promise.all(judges.map((judge) => startRound(judge)));
    // The images of these rounds are being generated when the database dies.
    await Promise.all(judges.flatMap((judge) => ["a", "b", "c"].map((prompt) => writePrompt(judge, prompt))));
    const [postmaster = 0, ...children] = await familyOf(house.folder);
    const busy = what === "PostgreSQL was killed" ? postmaster : await workerBackend(house, children);
    process.kill(busy, "SIGKILL");
    const begun = performance.now();
    const unmade = () =>
      house.sql("select 1 from images where state in ('queued', 'generating')").then(
        ({ length }) => length,
        () => -1,
      );
    await expect.poll(unmade, { timeout: 30_000, interval: 50 }).toBe(0);
    expect(performance.now() - begun).toBeLessThan(30_000);
    for (const [i, judge] of judges.entries()) await answerAndGoOn(judge, rounds[i]?.comparison.id ?? "", "left");
    await expect.poll(() => failing(house.url), PATIENT).toEqual([]);
  });
});

/** A connection through which the worker takes images: its loss hits the worker in the middle. */
async function workerBackend(house: House, children: readonly number[]): Promise<number> {
  const rows = await house.sql<{ pid: number }>("select pid from pg_stat_activity where application_name = 'pickapic worker'");
  const pid = rows[0]?.pid ?? 0;
  expect(children).toContain(pid);
  return pid;
}

describe("a database that takes connections and does not answer", () => {
  test("is told with 503 instead of a hang, and the server goes on when it answers again; health says alive, ready says why not", async () => {
    const house = await openHouse();
    try {
      const judge = await house.judge();
      const { comparison } = await startRound(judge);
      const family = await familyOf(house.folder);
      signalAll(family, "SIGSTOP");
      const begun = performance.now();
      const reply = await judge.send("GET", "/api/history");
      expect([reply.status, codeOf(reply)]).toEqual([503, "PICKAPIC_DATABASE_UNREACHABLE"]);
      expect(performance.now() - begun).toBeLessThan(12_000);
      await expect.poll(async () => (await readyOf(house.url)).status, PATIENT).toBe(503);
      const { checks } = await readyOf(house.url);
      expect(checks.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(["database", "worker", "queue", "models"]);
      // From now on nobody waits.
      const asked = performance.now();
      expect((await judge.send("POST", "/api/rounds", { body: { prompt: "a" } })).status).toBe(503);
      expect(performance.now() - asked).toBeLessThan(2_000);
      expect((await stranger(house.url).send("GET", "/api/health")).status).toBe(200);
      signalAll(family, "SIGCONT");
      await expect.poll(() => failing(house.url), PATIENT).toEqual([]);
      await answerAndGoOn(judge, comparison.id, "left");
    } finally {
      await house.close();
    }
  });

  test("does not keep the server from stopping: nothing of PostgreSQL is left, the folder is free, and nothing is lost", async () => {
    const base = await temporaryFolder();
    const own = await openHouse({ dataFolder: base });
    const judge = await own.judge();
    const { round } = await startRound(judge);
    const family = await familyOf(base);
    signalAll(family, "SIGSTOP");
    const begun = performance.now();
    await own.close();
    expect(performance.now() - begun).toBeLessThan(12_000);
    expect(family.filter((pid) => isRunning(pid))).toEqual([]);
    await expect(readFile(join(base, "lock.json"))).rejects.toThrow("ENOENT");
    const again = await openHouse({ dataFolder: base });
    const reply = await fetch(`${again.url}/api/rounds/${round.id}`, { headers: { cookie: judge.cookie() } });
    expect(await reply.json()).toMatchObject({ id: round.id, state: "ready" });
    await again.close();
    await rm(base, { recursive: true, force: true });
  });

  test("is noticed by counting its silence, so that a process that slept does not take its own sleep for it", async () => {
    const house = await openHouse();
    let silences = 0;
    const session = await keepConnected((await runningEmbedded(house.folder)) ?? "", {
      setUp: async () => undefined,
      onError: () => undefined,
      onSilence: () => {
        silences++;
      },
    });
    const until = performance.now() + 5_000;
    while (performance.now() < until);
    await wait(50);
    expect([session.isSilent(), silences]).toEqual([false, 0]);
    await session.close();
    await house.close();
  });
});

describe("a server that cannot do its work says so", () => {
  test("when no worker generates images", async () => {
    const house = await openHouse({ runWorker: false });
    expect(await failing(house.url)).toEqual(["worker"]);
    const { status, checks } = await readyOf(house.url);
    expect([status, checks.find(({ name }) => name === "worker")?.found]).toEqual([
      503,
      "no worker has given a sign of life for 10 s: no image is generated",
    ]);
    await house.close();
  });

  test("when an image waits although a worker has a hand free, or longer than the operator allows", async () => {
    const house = await openHouse({ runWorker: false, readyQueueAgeMs: 60_000 });
    await writePrompt(await house.judge());
    const worker = (running: number) =>
      house.sql(
        "insert into workers values ('w', 'h', 2, $1, now()) on conflict (id) do update set running = $1, seen_at = now()",
        [running],
      );
    const waitedFor = (seconds: number) => house.sql("update images set created_at = now() - $1 * interval '1 s'", [seconds]);
    const after = async (running: number, seconds: number) => {
      await Promise.all([worker(running), waitedFor(seconds)]);
      await wait(600);
      return failing(house.url);
    };
    expect(await after(2, 5)).toEqual([]);
    expect(await after(1, 20)).toEqual(["queue"]);
    expect(await after(2, 20)).toEqual([]);
    expect(await after(2, 100)).toEqual(["queue"]);
    await house.close();
  });

  test("when the disk has less room than is kept for answers: no prompt is taken", async () => {
    const house = await openHouse({ diskReserveMb: 1e9 });
    const refused = await (await house.judge()).send("POST", "/api/rounds", { body: { prompt: "a" } });
    expect([refused.status, codeOf(refused)]).toEqual([503, "PICKAPIC_DISK_FULL"]);
    expect(await failing(house.url)).toEqual(["disk"]);
    await house.close();
  });

  test("and room is measured twice a second at most", async () => {
    let asked = 0;
    const room = diskRoom("/", 10, async () => {
      asked++;
      return 9 * 1024 * 1024;
    });
    expect([await room.isEnough(), await room.isEnough(), asked]).toEqual([false, false, 1]);
  });
});

describe("a file store that is not the server's", () => {
  test("is refused by a worker, and a data folder that is not there too; the server's own is taken", async () => {
    const house = await openHouse({ runWorker: false });
    const databaseUrl = (await runningEmbedded(house.folder)) ?? "";
    const base = await temporaryFolder();
    const work = (dataFolder: string) =>
      runWorker({ backends: [fakeBackend()], dataFolder, databaseUrl, logLevel: "silent" }, NO_ENVIRONMENT);
    await expect(work(join(base, "none"))).rejects.toMatchObject({ code: "PICKAPIC_FOLDER_MISSING" });
    await expect(work(base)).rejects.toMatchObject({ code: "PICKAPIC_FILES_FOREIGN" });
    await (await work(house.folder)).stop();
    await house.close();
    await rm(base, { recursive: true, force: true });
  });

  test("is refused by a second server of the same database, and by the first when its files are replaced", async () => {
    const house = await openHouse({ runWorker: false });
    const databaseUrl = (await runningEmbedded(house.folder)) ?? "";
    const base = await temporaryFolder();
    const serve = (dataFolder: string) =>
      startServer(
        { backends: [fakeBackend()], dataFolder, databaseUrl, port: 0, logLevel: "silent", runWorker: false },
        NO_ENVIRONMENT,
      );
    await expect(serve(join(base, "second"))).rejects.toMatchObject({ code: "PICKAPIC_FILES_FOREIGN" });
    const id = await readFile(join(house.folder, "files/store-id"), "utf8");
    await writeFile(join(base, "second/files/store-id"), id);
    await (await serve(join(base, "second"))).close();
    await house.close();
    await rm(base, { recursive: true, force: true });
  });
});

test("a worker whose loop stands still all the same is started anew, and generates what waits", async () => {
  const house = await openHouse({ runWorker: false });
  const url = (await runningEmbedded(house.folder)) ?? "";
  const judge = await house.judge();
  const { id } = await writePrompt(judge);
  const settings = resolveSettings({ backends: [house.backend], dataFolder: house.folder }, NO_ENVIRONMENT);
  let asked = 0;
  // The first look at the disk never ends.
  const isEnough = () => (++asked === 1 ? new Promise<boolean>(() => undefined) : Promise.resolve(true));
  const room = { isEnough, freeMb: async () => 1000 };
  const log = pino({ level: "silent" });
  const worker = await startWorker(url, {
    settings,
    scorers: openScorers(undefined, null),
    log,
    room,
    files: imageFiles(folderStore(join(house.folder, "files"))),
    watchEveryMs: 40,
  });
  await until(judge, id, "ready");
  expect(worker.isAlive()).toBe(true);
  await worker.stop();
  await house.close();
});

test("a worker that always has room for the next image is not taken for one that stands still", async () => {
  const house = await openHouse({ runWorker: false });
  const url = (await runningEmbedded(house.folder)) ?? "";
  const judge = await house.judge();
  for (let i = 0; i < 7; i++) await writePrompt(judge);
  const settings = resolveSettings({ backends: [house.backend], dataFolder: house.folder, concurrency: 100 }, NO_ENVIRONMENT);
  const errors: string[] = [];
  const log = pino({ level: "error" }, { write: (line: string) => void errors.push(line) });
  // Each image is taken in less time than the watchdog waits, all of them in more.
  const room = { isEnough: () => wait(100, true), freeMb: async () => 1000 };
  const files = imageFiles(folderStore(join(house.folder, "files")));
  const worker = await startWorker(url, { settings, scorers: openScorers(undefined, null), log, room, files, watchEveryMs: 60 });
  await expect.poll(() => house.sql("select 1 from images where state <> 'ready'"), PATIENT).toEqual([]);
  expect(errors).toEqual([]);
  await worker.stop();
  await house.close();
});

test("a store that cannot be written puts images back instead of failing them, and goes on by itself", async () => {
  const house = await openHouse({ attempts: 1 });
  const judge = await house.judge();
  const blocked = join(house.folder, "files/images");
  await rm(blocked, { recursive: true, force: true });
  await writeFile(blocked, "a file where a folder should be");
  const { id } = await writePrompt(judge);
  await expect.poll(() => house.sql("select 1 from images where due_at is not null"), PATIENT).not.toEqual([]);
  await rm(blocked);
  await until(judge, id, "ready");
  expect(await house.sql("select 1 from images where state = 'failed' or attempts > 0")).toEqual([]);
  await house.close();
});
