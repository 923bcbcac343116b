import { type ChildProcess, fork, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import files, { readFileSync } from "node:fs";
import fs, { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isRunning, liveHolder, takeLock } from "../src/index.ts";
import { beginningOf, isZombie } from "../src/processes.ts";
import { refusalOf } from "../src/refusal.ts";

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

test.each([-1, 0, 1.5, Number.NaN, 2 ** 60])("no process has the number %d", (pid) => {
  expect(isRunning(pid)).toBe(false);
});

test("a lock without a time or with other words is read for what it says; that of a process that ended has no live holder", async () => {
  await writeFile(file, JSON.stringify({ pid: process.ppid, url: "http://localhost:1", note: null, more: 1 }));
  const details = { url: "http://localhost:1", note: null };
  expect(await liveHolder(file)).toEqual({ pid: process.ppid, since: "an unknown time", begun: null, details });
  await writeFile(file, JSON.stringify({ pid: String(process.ppid) }));
  expect(await liveHolder(file), "a number is needed").toBeNull();
  await writeFile(file, stale());
  expect(await liveHolder(file)).toBeNull();
});

test("a lock of a running process whose beginning is not known is respected", async () => {
  await writeFile(file, JSON.stringify({ pid: process.ppid, since: "2026-01-01T00:00:00.000Z", begun: null }));
  expect(await takeLock(file)).toMatchObject({ holder: { pid: process.ppid, since: "2026-01-01T00:00:00.000Z" } });
});

/** A lock of a process that runs, and of which no more is known. */
const live = JSON.stringify({ pid: process.ppid, since: "2026-01-01T00:00:00.000Z", begun: null });

test("a lock that is still being written is waited for", async () => {
  await writeFile(file, "");
  const trying = takeLock(file);
  await new Promise((done) => setTimeout(done, 30));
  await writeFile(file, live);
  expect(await trying).toMatchObject({ holder: { pid: process.ppid } });
});

test("a stale lock that another process is taking over is left to it", async () => {
  const claim = `${file}.${createHash("sha256").update(stale()).digest("hex").slice(0, 12)}`;
  await writeFile(file, stale());
  await writeFile(claim, live);
  let isTaken = false;
  const trying = taken().finally(() => {
    isTaken = true;
  });
  await new Promise((done) => setTimeout(done, 100));
  expect(isTaken).toBe(false);
  await rm(claim);
  await trying;
  expect(await readdir(folder)).toEqual(["lock"]);
});

test("on a disk without hard links a lock is held as well; other errors reach the caller", async () => {
  const { link, copyFile } = fs;
  const refuse = (code: string) => async () => Promise.reject(Object.assign(new Error("no"), { code }));
  try {
    // The first copy fails, further ones work.
    const copy = vi.fn(copyFile).mockImplementationOnce(refuse("EIO"));
    Object.assign(fs, { link: refuse("EPERM"), copyFile: copy });
    syncBuiltinESMExports();
    await expect(takeLock(file)).rejects.toMatchObject({ code: "EIO" });
    const lock = await taken();
    expect(await takeLock(file)).toMatchObject({ holder: { pid: process.pid } });
    await lock.release();
  } finally {
    Object.assign(fs, { link, copyFile });
    syncBuiltinESMExports();
  }
  expect(await readdir(folder)).toEqual([]);
  await expect(liveHolder(folder)).rejects.toMatchObject({ code: "EISDIR" });
});

test.each([
  [new Error("no"), undefined],
  [Object.assign(new Error("no"), { code: "EIO" }), "EIO"],
  [Object.assign(new Error("no"), { code: 5 }), undefined],
  [{ code: "EIO" }, undefined],
  ["EIO", undefined],
])("the code of %o is %s", (thrown, code) => expect(refusalOf(thrown)).toBe(code));

test("a process of another user is running", () => {
  using kill = vi.spyOn(process, "kill");
  const refuse = (code: string) => () => {
    throw Object.assign(new Error("no"), { code });
  };
  kill.mockImplementation(refuse("EPERM"));
  expect(isRunning(process.pid)).toBe(true);
  kill.mockImplementation(refuse("ESRCH"));
  expect(isRunning(process.pid)).toBe(false);
});

test.runIf(process.platform === "linux")(
  "the beginning of a process is that of its boot and its own; where both are hidden, an id is enough",
  () => {
    const [, ticks] = /\) (?:\S+ ){19}(\d+)/.exec(readFileSync("/proc/self/stat", "utf8")) ?? [];
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    expect(beginningOf(process.pid)).toBe(`${boot}/${ticks}`);
    const { readFileSync: read } = files;
    const hide = (hidden: RegExp) => {
      const reading = (path: string, ...rest: []) => (hidden.test(path) ? read("/absent", "utf8") : read(path, ...rest));
      Object.assign(files, { readFileSync: reading });
      syncBuiltinESMExports();
    };
    try {
      for (const hidden of [/^.proc/, /stat$/, /boot_id$/]) {
        hide(hidden);
        expect(beginningOf(process.pid)).toBeNull();
        expect(isZombie(process.pid)).toBe(false);
        expect(isRunning(process.pid, "another boot/1")).toBe(true);
      }
    } finally {
      Object.assign(files, { readFileSync: read });
      syncBuiltinESMExports();
    }
  },
);

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
