import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AREAS, sourcesOf, testsOf } from "../scripts/mutation/areas.ts";
import { type Named, nameOf, summaryOf } from "../scripts/mutation/journal.ts";
import { fateOf, percentOf, scoreOf } from "../scripts/mutation/report.ts";
import { makeScratch, removeScratch } from "../scripts/mutation/scratch.ts";
import { allowed, TICK_MS, waitingIn } from "../scripts/mutation/watch.ts";
import { target } from "../scripts/mutation.ts";

test.each([
  ["packages/disk", "packages/disk/src/**/*.{ts,tsx}"],
  ["./packages/disk/", "packages/disk/src/**/*.{ts,tsx}"],
  ["packages/disk/src", "packages/disk/src/**/*.{ts,tsx}"],
  ["packages/disk/src/inner/", "packages/disk/src/inner/**/*.{ts,tsx}"],
  ["packages/disk/src/lock.ts", "packages/disk/src/lock.ts"],
  ["packages/disk/src/page.tsx", "packages/disk/src/page.tsx"],
])("mutation testing of %s changes %s", (path, files) => {
  expect(target(path)).toEqual({ package: "packages/disk", files });
});

test.each([
  "",
  "packages",
  "src",
  "packages/disk/test",
  "packages/disk/srcs",
  "other/packages/disk",
  "packages/disk/src/../test",
])("mutation testing refuses %j", (path) => expect(target(path)).toBeUndefined());

test("a mutant is noticed by any test, survives all that reach it, or is reached by none", () => {
  const found = summaryOf([
    { kind: "static", mutants: ["1", "5"] },
    { kind: "covered", test: "a", mutants: ["1", "2", "3"] },
    { kind: "survived", test: "a", mutant: "1" },
    { kind: "begin", test: "a", mutant: "2" },
    { kind: "suspect", test: "a", mutant: "2" },
    { kind: "noticed", test: "b", mutant: "1", why: "no" },
    { kind: "begin", test: "a", mutant: "3" },
  ]);
  expect(found.open).toEqual({ test: "a", mutant: "3" });
  const mutants = ["1", "2", "3", "4", "5"].map((id) => ({ id }));
  const outcome = { found };
  expect(mutants.map((mutant) => fateOf(mutant, outcome))).toEqual(["noticed", "survived", "survived", "unreached", "atLoad"]);
  expect(scoreOf(mutants, outcome)).toEqual({ noticed: 1, byTime: 0, survived: 2, unreached: 1, atLoad: 1 });
  expect(percentOf(scoreOf(mutants, outcome))).toBe(25);
  expect(percentOf({ noticed: 0, survived: 0, unreached: 0, atLoad: 3 })).toBe(100);
});

test("a mutant whose code runs once in a process was not tried, unless another test reached it", () => {
  const found = summaryOf([
    { kind: "covered", test: "a", mutants: ["1", "2"] },
    { kind: "missed", test: "a", mutant: "1" },
    { kind: "missed", test: "a", mutant: "2" },
    { kind: "survived", test: "b", mutant: "2" },
  ]);
  expect([found.open, [...found.missed]]).toEqual([undefined, ["1 a", "2 a"]]);
  expect(scoreOf([{ id: "1" }, { id: "2" }], { found })).toMatchObject({ survived: 1, atLoad: 1 });
});

test("a mutant that made its test take too long is told apart, and a late failure is not counted yet", () => {
  const [test, mutant] = ["a", "1"];
  const once = summaryOf([
    { kind: "begin", test, mutant },
    { kind: "late", test, mutant },
  ]);
  expect([once.open, once.noticed.size, [...once.late]]).toEqual([undefined, 0, ["1 a"]]);
  const found = summaryOf([
    { kind: "covered", test, mutants: ["1", "2"] },
    { kind: "noticed", test, mutant, why: "waited", byTime: true },
    { kind: "noticed", test, mutant: "2", why: "no" },
  ]);
  expect(scoreOf([{ id: "1" }, { id: "2" }], { found })).toMatchObject({ noticed: 2, byTime: 1 });
});

test("tests and suites with the same name beside each other are told apart, because each is asked about each mutant", () => {
  type Task = Named & { tasks: Named[] };
  const file: { tasks: Named[] } = { tasks: [] };
  const added = (name: string, suite?: Task): Task => {
    const task: Task = { name, suite, file, tasks: [] };
    (suite ?? file).tasks.push(task);
    return task;
  };
  const suites = [added("a table"), added("a table")];
  const tests = [...suites, undefined].flatMap((suite) => [
    added("a case", suite),
    added("a case", suite),
    added("other", suite),
  ]);
  expect(tests.map(nameOf)).toEqual([
    ...["a table > a case", "a table > a case (2)", "a table > other"],
    ...["a table (2) > a case", "a table (2) > a case (2)", "a table (2) > other"],
    ...["a case", "a case (2)", "other"],
  ]);
});

test("a failure waits for the run without a mutant that decides about it", () => {
  const [first, second] = [
    { test: "a", mutant: "1" },
    { test: "a", mutant: "2" },
  ];
  const failed = [
    { kind: "failed", ...first } as const,
    { kind: "begin", ...second } as const,
    { kind: "failed", ...second } as const,
  ];
  expect(summaryOf(failed).undecided).toEqual([first, second]);
  const decided = [{ kind: "noticed", ...first, why: "no" } as const, { kind: "suspect", ...second } as const];
  expect(summaryOf([...failed, ...decided]).undecided).toEqual([]);
});

test("a test that takes too long is asked again once it was quick enough", () => {
  const slow = { kind: "unusable", test: "a", why: "takes 200 ms", tookMs: 200 } as const;
  expect(summaryOf([slow]).tooLong.get("a")).toBe(200);
  const quick = summaryOf([slow, { kind: "covered", test: "a", mutants: [] }]);
  expect([quick.tooLong.size, quick.unusable.size]).toEqual([0, 0]);
});

test("only time on a free processor in which the process did nothing counts as waiting", () => {
  expect(waitingIn(TICK_MS + 5, 2)).toBe(TICK_MS + 5);
  expect(waitingIn(TICK_MS, 0.9 * TICK_MS), "it worked").toBe(0);
  expect(waitingIn(20 * TICK_MS, 1), "it got no processor").toBe(0);
});

test("a test may take several times as long with a mutant, and always some seconds", () => {
  const { usedMs, waitedMs } = allowed({ usedMs: 2_000, waitedMs: 0 });
  expect(usedMs).toBeGreaterThanOrEqual(10_000);
  expect(waitedMs).toBeGreaterThanOrEqual(2_000);
  expect(waitedMs).toBeLessThan(10_000);
});

test.each(Object.entries(AREAS))("the sources and tests of the area %s are there", (_, area) => {
  const paths = [...sourcesOf(area), ...testsOf(area)];
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

test("databases that run in the folder of a run end with it", async () => {
  const folder = await makeScratch();
  const database = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  const ended = once(database, "exit");
  await mkdir(join(folder, "server", "postgres"), { recursive: true });
  await mkdir(join(folder, "ended"));
  await writeFile(join(folder, "server", "postgres", "postmaster.pid"), `${database.pid}\n/data\n`);
  await writeFile(join(folder, "ended", "postmaster.pid"), `${2 ** 22 + 1}\n/data\n`);
  await removeScratch(folder);
  expect(await ended).toEqual([null, "SIGQUIT"]);
  expect(existsSync(folder)).toBe(false);
});
