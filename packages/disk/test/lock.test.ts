import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isRunning, liveHolder, takeLock } from "../src/index.ts";
import { beginningOf } from "../src/processes.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-disk-"));
  file = join(folder, "lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function taken(details?: Record<string, string>) {
  const result = await takeLock(file, details);
  if ("holder" in result) throw new Error(`held by ${result.holder.pid}`);
  return result.lock;
}

/** What a process leaves that was killed: no process has a number this high. */
const stale = (round = 0) => JSON.stringify({ pid: 2 ** 30, since: `2026-01-01T00:00:00.${round}Z`, begun: null });

test("a lock names its holder and what the holder says of itself, and is free after it is given back", async () => {
  const lock = await taken({ purpose: "test" });
  await lock.describe({ purpose: "test", url: "http://localhost:1" });
  const details = { purpose: "test", url: "http://localhost:1" };
  expect(await takeLock(file)).toMatchObject({ holder: { pid: process.pid, details } });
  expect(await liveHolder(file)).toMatchObject({ pid: process.pid, begun: beginningOf(process.pid), details });
  await lock.release();
  expect(await liveHolder(file)).toBeNull();
  expect(await readdir(folder)).toEqual([]);
});

test("only one's own lock is given back", async () => {
  const lock = await taken();
  await writeFile(file, stale());
  await lock.release();
  expect(await readFile(file, "utf8")).toBe(stale());
});

test.each([
  ["of a process that ended", stale()],
  [
    "of an earlier process with the id of a running one",
    JSON.stringify({ pid: process.ppid, since: "", begun: "another boot/1" }),
  ],
  ["cut short", stale().slice(0, 9)],
  ["empty", ""],
  ["of no process", JSON.stringify({ pid: -1 })],
])("a lock %s is taken over by one of many who try", async (_name, text) => {
  await writeFile(file, text);
  const tried = await Promise.all(Array.from({ length: 8 }, () => takeLock(file)));
  expect(tried.filter((each) => "lock" in each)).toHaveLength(1);
  expect(await readdir(folder)).toEqual(["lock"]);
});

test.each([-1, 0, 1.5, Number.NaN, 2 ** 60])("no process has the number %d", (pid) => {
  expect(isRunning(pid)).toBe(false);
});

test("a lock without a time or with other words is read for what it says; that of a process that ended has no live holder", async () => {
  await writeFile(file, JSON.stringify({ pid: process.ppid, url: "http://localhost:1", note: null, more: 1 }));
  const details = { url: "http://localhost:1", note: null };
  expect(await liveHolder(file)).toEqual({ pid: process.ppid, since: "an unknown time", begun: null, details });
  await writeFile(file, stale());
  expect(await liveHolder(file)).toBeNull();
});

test("a lock of a running process whose beginning is not known is respected", async () => {
  await writeFile(file, JSON.stringify({ pid: process.ppid, since: "2026-01-01T00:00:00.000Z", begun: null }));
  expect(await takeLock(file)).toMatchObject({ holder: { pid: process.ppid, since: "2026-01-01T00:00:00.000Z" } });
});

test.runIf(process.platform === "linux")("a process that has ended and was not waited for counts as ended", async () => {
  // The shell becomes a program that never asks how its child ended.
  const parent = spawn("sh", ["-c", "sleep 0.3 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(parent.stdout, "data");
  const zombie = Number(String(line));
  while (!/^State:\s+Z/m.test(await readFile(`/proc/${zombie}/status`, "utf8"))) await new Promise(setImmediate);
  expect(isRunning(zombie)).toBe(false);
  expect(isRunning(parent.pid ?? 0)).toBe(true);
  parent.kill();
});

/** Races of so many processes for one stale lock. With the lock that the server had before, two processes took it in 2 of 100. */
const ROUNDS = 100;
const RACERS = 5;

test(`one of ${RACERS} processes takes a stale lock, ${ROUNDS} times`, { timeout: 120_000 }, async () => {
  const racers = Array.from({ length: RACERS }, () => fork(new URL("racer.ts", import.meta.url)));
  try {
    await Promise.all(racers.map((racer) => once(racer, "message")));
    const winners: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await writeFile(file, stale(round));
      const won = await Promise.all(racers.map((racer) => answerOf(racer, { take: file })));
      winners.push(won.filter((each) => each === true).length);
      await Promise.all(racers.map((racer) => answerOf(racer, "release")));
    }
    expect(winners).toEqual(winners.map(() => 1));
    expect(await readdir(folder)).toEqual([]);
  } finally {
    for (const racer of racers) racer.kill();
  }
});

async function answerOf(racer: ChildProcess, message: object | string): Promise<unknown> {
  racer.send(message);
  return (await once(racer, "message"))[0];
}
