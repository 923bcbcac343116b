import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isRunning } from "@pickapic/disk";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runningEmbedded } from "../src/database/embedded.ts";
import { runWorker, startServer } from "../src/index.ts";
import { resolveSettings } from "../src/resolveSettings.ts";
import type { ServerSettings } from "../src/settings.ts";
import {
  answerAndGoOn,
  codeOf,
  fakeBackend,
  type House,
  must,
  NO_ENVIRONMENT,
  openHouse,
  roundOf,
  startRound,
  stranger,
  temporaryFolder,
  until,
  writePrompt,
} from "./house.ts";

const backends = [fakeBackend()];

let base: string;
beforeAll(async () => {
  base = await temporaryFolder();
});
afterAll(() => rm(base, { recursive: true, force: true }));

function start(settings: Partial<ServerSettings>) {
  return startServer({ port: 0, backends, logLevel: "silent", dataFolder: join(base, "unused"), ...settings }, NO_ENVIRONMENT);
}

describe("a start is refused, in one sentence that says what to do,", () => {
  test("when the port is in use; nothing is written", async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, "localhost", done));
    const { port } = other.address() as { port: number };
    const refused = start({ port });
    await expect(refused).rejects.toMatchObject({ code: "PICKAPIC_PORT_IN_USE" });
    await expect(refused).rejects.toThrow(
      `Port ${port} on localhost (set by the option port) is in use by another program: stop that program, or choose another port with --port`,
    );
    await expect(readFile(join(base, "unused"))).rejects.toThrow("ENOENT");
    await new Promise((done) => other.close(done));
  });

  test("when the address is not ours", async () => {
    await expect(start({ host: "203.0.113.7", port: 4000 })).rejects.toMatchObject({ code: "PICKAPIC_ADDRESS_UNUSABLE" });
  });

  test("when the data folder cannot be written, or a newer version wrote it", async () => {
    await writeFile(join(base, "file"), "");
    await expect(start({ dataFolder: join(base, "file/data") })).rejects.toMatchObject({ code: "PICKAPIC_FOLDER_UNWRITABLE" });
    await mkdir(join(base, "newer"));
    await writeFile(join(base, "newer/version.json"), '{"format":2}');
    await expect(start({ dataFolder: join(base, "newer") })).rejects.toMatchObject({ code: "PICKAPIC_FOLDER_NEWER" });
  });

  test("when the database does not answer, and the folder is free again", async () => {
    const dataFolder = join(base, "external");
    const settings = { dataFolder, databaseUrl: "postgres://nobody:secret@127.0.0.1:1/none" };
    for (let i = 0; i < 2; i++) {
      const refused = start(settings);
      await expect(refused).rejects.toMatchObject({ code: "PICKAPIC_DATABASE_REFUSED" });
      await expect(refused).rejects.not.toThrow("secret");
    }
  });

  test.each([
    [{ prot: 3000 }, {}, "PICKAPIC_SETTING_UNKNOWN", /no setting named "prot"/],
    [{ port: 70_000 }, {}, "PICKAPIC_SETTING_INVALID", /port \(PICKAPIC_PORT\)/],
    [{}, { PICKAPIC_GUESTS: "maybe" }, "PICKAPIC_SETTING_INVALID", /guests \(PICKAPIC_GUESTS\)/],
    [{}, { PICKAPIC_GUESTS: "false" }, "PICKAPIC_SIGN_IN_IMPOSSIBLE", /PICKAPIC_GUESTS=true/],
    [{}, { PICKAPIC_PUBLIC_URL: "https://a.example" }, "PICKAPIC_SIGN_IN_IMPOSSIBLE", /provider/],
    [{}, { NODE_ENV: "production", PICKAPIC_DATABASE_URL: "postgres://a/b" }, "PICKAPIC_SECRET_REQUIRED", /PICKAPIC_SECRET/],
    [{ backends: [fakeBackend(), fakeBackend()] }, {}, "PICKAPIC_MODEL_TWICE", /model-a/],
    [{}, { PICKAPIC_SECRET: "short" }, "PICKAPIC_SETTING_INVALID", /secret/],
  ])("with the settings %j and the environment %j", (settings, environment, code, words) => {
    const resolve = () => resolveSettings({ backends, ...settings } as ServerSettings, environment);
    expect(resolve).toThrow(words);
    expect(resolve).toThrow(expect.objectContaining({ code }));
  });

  test("as a worker when no server runs on the folder", async () => {
    await expect(runWorker({ backends, dataFolder: join(base, "none") }, NO_ENVIRONMENT)).rejects.toMatchObject({
      code: "PICKAPIC_FOLDER_MISSING",
    });
    await mkdir(join(base, "stopped"));
    await writeFile(join(base, "stopped/version.json"), '{"format":1}');
    await expect(runWorker({ backends, dataFolder: join(base, "stopped") }, NO_ENVIRONMENT)).rejects.toMatchObject({
      code: "PICKAPIC_WORKER_ALONE",
    });
  });
});

describe("settings", () => {
  test("passed by the caller win over the environment, which wins over defaults", () => {
    const environment = { PICKAPIC_PORT: "4000", PICKAPIC_HOST: "0.0.0.0", PICKAPIC_CONCURRENCY: "" };
    expect(resolveSettings({ backends, port: 5000 }, environment)).toMatchObject({
      port: 5000,
      host: "0.0.0.0",
      concurrency: 2,
      guests: true,
    });
    // Where programs are hosted, PORT and HOST are often set for them.
    const hosted = { PORT: "6000", HOST: "10.0.0.1" };
    expect(resolveSettings({ backends }, hosted)).toMatchObject({ port: 6000, host: "10.0.0.1", portSource: "PORT" });
    expect(resolveSettings({ backends }, { ...hosted, ...environment })).toMatchObject({ port: 4000, host: "0.0.0.0" });
    expect(resolveSettings({ backends }, { ...environment, PORT: "x" }).portSource).toBe("PICKAPIC_PORT");
    expect(() => resolveSettings({ backends }, { PORT: "x" })).toThrow("port (PORT)");
    const oidc = {
      PICKAPIC_OIDC_ISSUER: "https://id.example",
      PICKAPIC_OIDC_CLIENT_ID: "a",
      PICKAPIC_OIDC_CLIENT_SECRET: "b",
      PICKAPIC_OIDC_NAME: "school",
    };
    expect(resolveSettings({ backends }, { ...oidc, PICKAPIC_PUBLIC_URL: "https://a.example" }).guests).toBe(false);
  });
});

/** Nobody can write a round until the function is called. */
async function holdRounds({ folder }: House): Promise<() => Promise<void>> {
  const client = new pg.Client((await runningEmbedded(folder)) ?? "");
  await client.connect();
  await client.query("begin");
  await client.query("lock table rounds in exclusive mode");
  return () => client.end();
}

describe("a running server", () => {
  let house: House;
  beforeAll(async () => {
    house = await openHouse();
  });
  afterAll(() => house.close());

  test("keeps its data folder to itself, and says who has it", async () => {
    const refused = start({ dataFolder: house.folder });
    await expect(refused).rejects.toMatchObject({ code: "PICKAPIC_FOLDER_IN_USE" });
    await expect(refused).rejects.toThrow(`process ${process.pid} (server at ${house.url}`);
    await must(stranger(house.url).send("GET", "/api/health"));
  });

  test("lets a worker in another process make the images", async () => {
    const idle = await openHouse({ runWorker: false });
    const judge = await idle.judge();
    const { id } = await writePrompt(judge);
    await wait(200);
    expect((await roundOf(judge, id)).progress.done).toBe(0);
    const worker = await runWorker({ backends: [idle.backend], dataFolder: idle.folder, logLevel: "silent" }, NO_ENVIRONMENT);
    await until(judge, id, "ready");
    await worker.stop();
    await idle.close();
  });

  test("finishes what it was asked before it stops, and takes the same folder again", async () => {
    const own = await openHouse({ dataFolder: join(base, "stopping") });
    const judge = await own.judge();
    const { round } = await startRound(judge);
    const events = await fetch(`${own.url}/api/rounds/${round.id}/events`, { headers: { cookie: judge.cookie() } });
    const judges = await Promise.all([own.judge(), own.judge(), own.judge()]);
    const release = await holdRounds(own);
    const asked = Promise.all(judges.map((one) => one.send("POST", "/api/rounds", { body: { prompt: "a" } })));
    const waiting = () => own.sql("select 1 from pg_locks where not granted and relation = 'rounds'::regclass");
    await expect.poll(waiting, { timeout: 30_000 }).toHaveLength(3);
    const pid = Number((await readFile(join(own.folder, "postgres/postmaster.pid"), "utf8")).split("\n")[0]);
    const closed = own.close();
    await wait(50);
    await release();
    await closed;
    expect((await asked).map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(await events.text()).toContain("data: ");
    expect(isRunning(pid)).toBe(false);
    await cp(own.folder, join(base, "moved"), { recursive: true });
    const again = await openHouse({ dataFolder: join(base, "moved") });
    const reply = await fetch(`${again.url}/api/rounds/${round.id}`, { headers: { cookie: judge.cookie() } });
    expect(await reply.json()).toMatchObject({ id: round.id, state: "ready", comparison: round.comparison });
    await again.close();
  });

  test("says that its database is away while it is, starts it again, and goes on where it was", async () => {
    const own = await openHouse();
    const judge = await own.judge();
    const { round, comparison } = await startRound(judge);
    const pid = Number((await readFile(join(own.folder, "postgres/postmaster.pid"), "utf8")).split("\n")[0]);
    process.kill(pid, "SIGKILL");
    // A backend of the killed database answers until it notices.
    const ask = () => judge.send("GET", `/api/rounds/${round.id}`);
    let away = await ask();
    while (away.status === 200) away = await ask();
    expect([away.status, codeOf(away), away.headers.get("retry-after")]).toEqual([503, "PICKAPIC_DATABASE_UNREACHABLE", "1"]);
    const isBack = async () => (await judge.send("GET", "/api/ready")).status;
    await expect.poll(isBack, { timeout: 20_000 }).toBe(200);
    expect((await roundOf(judge, round.id)).comparison).toEqual(comparison);
    for (let i = 0, { id } = comparison; i < 4; i++) id = (await answerAndGoOn(judge, id, "left")).next.id;
    await own.close();
  });
});
