import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readyDatabase } from "../../../test/support/readyDatabase.ts";
import { AnswerReply, History, Round } from "../src/api.ts";
import { connect } from "../src/database/database.ts";
import { openEmbedded, runningEmbedded } from "../src/database/embedded.ts";
import { folderHolder } from "../src/folder/lock.ts";
import { judge, PATIENT, type Reply, temporaryFolder, type Visitor } from "./house.ts";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  await readyDatabase(folder);
});
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await (await openEmbedded(folder)).stop();
  await rm(folder, { recursive: true, force: true });
});

const children: ChildProcess[] = [];

interface Process {
  url: string;
  child: ChildProcess;
}

async function startProcess(): Promise<Process> {
  const program = fileURLToPath(new URL("serverProcess.ts", import.meta.url));
  const child = spawn(process.execPath, [program, folder], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { PATH: process.env.PATH },
  });
  children.push(child);
  const [line] = await new Promise<[string]>((done, failed) => {
    createInterface(child.stdout!).once("line", (text) => done([text]));
    child.once("exit", (code) => failed(new Error(`the server ended with ${code}`)));
  });
  return { ...(JSON.parse(line) as { url: string }), child };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => child.once("exit", () => done()));
}

interface Judge {
  cookie: string;
  /** Thanked answers: ranking -> what was answered. */
  thanked: Map<number, string>;
  round: string;
}

/** Two processes start, on a machine that may be busy, ms. */
const LONG = { timeout: 180_000 };

/** Answers as fast as it can until the server is gone. */
async function work(visitor: Visitor, log: Judge, choices: readonly string[]): Promise<void> {
  let reply = await visitor.send("POST", "/api/rounds", { body: { prompt: "a red cat" } });
  let round = Round.parse(reply.body);
  log.round = round.id;
  for (let i = 0; ; i++) {
    if (round.comparison) {
      const choice = choices[i % choices.length] ?? "tie";
      reply = await visitor.send("POST", `/api/comparisons/${round.comparison.id}/answer`, {
        body: { choice, elapsedMs: 10 },
        headers: { "idempotency-key": randomUUID() },
      });
      const thanks = AnswerReply.parse(reply.body);
      log.thanked.set(thanks.ranking, choice);
      round = thanks.round;
    } else {
      await wait(10);
      round = Round.parse((await visitor.send("GET", `/api/rounds/${round.id}`)).body);
    }
  }
}

test("kill -9 in the middle of many users' answers loses no thanked answer, doubles none, and rounds go on", LONG, async () => {
  const first = await startProcess();
  const visitors = await Promise.all(Array.from({ length: 6 }, () => judge(first.url)));
  const logs = visitors.map((visitor): Judge => ({ cookie: visitor.cookie(), thanked: new Map(), round: "" }));
  const working = visitors.map((visitor, i) => work(visitor, logs[i]!, ["left", "right", "tie"]).catch(() => undefined));
  await expect.poll(() => logs.reduce((sum, { thanked }) => sum + thanked.size, 0), { timeout: 30_000 }).toBeGreaterThan(40);
  first.child.kill("SIGKILL");
  await Promise.all([ended(first.child), ...working]);
  expect(await folderHolder(folder)).toBeNull();
  // The database outlived its server: images that the server was generating still say so.
  const { pool, close } = connect((await runningEmbedded(folder)) ?? "", {}, () => undefined);
  const count = async (query: string) => (await pool.query(query)).rows.length;
  expect(await count("select 1 from images where state = 'generating'")).toBeGreaterThan(0);

  const second = await startProcess();
  for (const log of logs) {
    const ask = (method: string, path: string, body?: object): Promise<Reply> => send(second.url, log.cookie, method, path, body);
    const { items } = History.parse((await ask("GET", "/api/history?limit=200")).body);
    const stored = new Map(items.map(({ ranking, choice }) => [ranking, choice]));
    expect(stored.size).toBe(items.length);
    for (const [ranking, choice] of log.thanked) expect(stored.get(ranking)).toBe(choice);
    // At most the one answer that was on its way may be stored without thanks.
    expect(stored.size - log.thanked.size).toBeLessThanOrEqual(1);
    const begun = Date.now();
    let round = Round.parse((await ask("GET", `/api/rounds/${log.round}`)).body);
    expect(round.answers).toBe(stored.size);
    for (let answers = 0; answers < 3; ) {
      if (round.comparison) {
        const path = `/api/comparisons/${round.comparison.id}/answer`;
        round = AnswerReply.parse((await ask("POST", path, { choice: "left", elapsedMs: 1 })).body).round;
        answers++;
      } else {
        if (Date.now() - begun > 15_000) throw new Error(`the round stands still: ${JSON.stringify(round)}`);
        await wait(20);
        round = Round.parse((await ask("GET", `/api/rounds/${log.round}`)).body);
      }
    }
  }
  const unmade = () => count("select 1 from images where state <> 'ready'");
  await expect.poll(unmade, PATIENT).toBe(0);
  await close();
  second.child.kill("SIGTERM");
  await ended(second.child);
  expect(second.child.exitCode).toBe(0);
});

async function send(url: string, cookie: string, method: string, path: string, body?: object): Promise<Reply> {
  const headers = { cookie, ...(body ? { "content-type": "application/json" } : {}) };
  const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, headers: response.headers, body: await response.json() };
}
