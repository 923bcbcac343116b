import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { trainPickScore } from "../../src/index.ts";
import { lockRun } from "../../src/run/runLock.ts";
import { writeColors } from "../colorDataset.ts";
import { colorExamples, examplesOf, stopAfter, temporaryFolder, tinyClip } from "../tinyClip.ts";

const small = { train: "all", steps: 6, batchPairs: 8, microBatchPairs: 4, warmupSteps: 2, threads: 1 } as const;

/** What a process leaves that was killed: nobody has a number this high. */
const DEAD = JSON.stringify({ pid: 2 ** 30, since: "2026-01-01T00:00:00.000Z", begun: null });

test("while one process trains, another one is refused at its start, with --resume too, and one that was killed blocks nobody", async () => {
  const folder = temporaryFolder();
  const dataset = join(folder, "dataset");
  await writeColors(await colorExamples(40), dataset);
  const settings = {
    ...small,
    steps: 5000,
    saveEvery: 4000,
    dataset,
    init: await tinyClip(join(folder, "init")),
    out: join(folder, "run"),
  };
  const child = fork(new URL("../trainProcess.ts", import.meta.url));
  child.send({ settings, resume: false });
  await once(child, "message");
  expect(await readdir(settings.out)).not.toContain("run.json");
  for (const resume of [false, true]) {
    await expect(trainPickScore(settings, { resume })).rejects.toMatchObject({
      code: "PICKAPIC_RUN_BUSY",
      message: expect.stringMatching(new RegExp(`process ${child.pid} has been training here since 2.*choose another folder`)),
    });
  }
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
  expect(await readdir(settings.out)).toContain("run.lock");
  await expect(trainPickScore(settings, stopAfter(1))).rejects.toMatchObject({ code: "PICKAPIC_TRAIN_STOPPED" });
  expect(await readdir(settings.out)).not.toContain("run.lock");
});

test("two trainings of one process are two", async () => {
  const folder = temporaryFolder();
  const examples = examplesOf(await colorExamples(10));
  const settings = { ...small, init: await tinyClip(join(folder, "init")), out: join(folder, "run") };
  const both = await Promise.allSettled([trainPickScore(settings, { examples }), trainPickScore(settings, { examples })]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "PICKAPIC_RUN_BUSY" } });
});

test("what is refused before it starts leaves no folder, and a run that is not there is not made by --resume", async () => {
  const folder = temporaryFolder();
  const settings = {
    ...small,
    dataset: join(folder, "nowhere"),
    init: await tinyClip(join(folder, "init")),
    out: join(folder, "run"),
  };
  await expect(trainPickScore(settings)).rejects.toThrow();
  await expect(trainPickScore(settings, { resume: true })).rejects.toMatchObject({ code: "PICKAPIC_RUN_MISSING" });
  expect(await readdir(folder)).toEqual(["init"]);
  const out = join(folder, "init", "config.json");
  await expect(trainPickScore({ ...settings, out }, { resume: true })).rejects.toMatchObject({ code: "PICKAPIC_RUN_MISSING" });
});

test.each([
  ["of a process that is gone", DEAD],
  [
    "of an earlier process with the number of a live one",
    JSON.stringify({ ...JSON.parse(DEAD), pid: process.ppid, begun: "another boot/1" }),
  ],
  ["cut short", DEAD.slice(0, 9)],
  ["empty", ""],
])("a lock %s is taken over, by one of many who try", async (_name, text) => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "run.lock"), text);
  const tried = await Promise.allSettled(Array.from({ length: 8 }, () => lockRun(folder)));
  const [lock, ...more] = tried.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  expect(more).toEqual([]);
  expect(JSON.parse(await readFile(join(folder, "run.lock"), "utf8"))).toMatchObject({ pid: process.pid });
  await lock!.release();
  expect(await readdir(folder)).toEqual([]);
});

test("a folder that cannot be made says so instead of trying for ever", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "file"), "");
  await expect(lockRun(join(folder, "file"))).rejects.toMatchObject({ code: "EEXIST" });
});
