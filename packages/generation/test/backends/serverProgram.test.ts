/** @file stable-diffusion.cpp's server as a child program: its start, its death, its restart and its end. A real program stands in for it (sdServer.ts). */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRunning } from "@pickapic/disk";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { restAfter } from "../../src/backends/serverProgram.ts";
import { drawRequest, parsePrompt, retryAfterOf } from "../../src/index.ts";
import { openRoster, type Roster } from "../../src/models/index.ts";
import { seeded } from "../toys.ts";
import { sdcppContract } from "./contracts/sdcpp.ts";
import { startContract } from "./server.ts";

let folder: string;
let clock = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-program-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function open(url: string, list: readonly string[], more: object = {}, times: object = {}): Promise<Roster> {
  const file = join(folder, "models.yaml");
  const entry = { sdcpp: url, name: "mine", program: process.execPath, arguments: list, key: "TEST_KEY", ...more };
  await writeFile(file, stringify({ models: [entry] }));
  const roster = await openRoster(file, {
    environment: { TEST_KEY: "secret-of-the-test", PATH: process.env.PATH },
    // Without further tries a broken connection is told at once, before the end of the program is noticed.
    httpSettings: { retries: 0 },
    pollMs: 2,
    programTimes: { restMs: 1_000, graceMs: 50, now: () => clock, ...times },
  });
  onTestFinished(() => roster.close());
  return roster;
}

/** An address of the loopback interface that nothing listens at. */
async function freeAddress(): Promise<URL> {
  const server = await startContract(sdcppContract);
  await server.close();
  return new URL(server.url);
}

const draw = ({ backends }: Roster, text: string) => backends[0]?.generate(drawRequest(parsePrompt(text), backends, seeded(1)));
const failureOf = (made: Promise<unknown> | undefined) => Promise.resolve(made).catch((error: Error) => error);

/** A server's program in one line, whose first argument is its port. It says what it has loaded once it has run for a while, ms, and `ofJob` is what it does when it gets a job. */
const TINY = (afterMs = 0, ofJob = "") => `
const answer = (request, response) => { if (request.url.includes("img_gen")) { ${ofJob} } else response.end('{"model":{"name":"tiny"}}') };
setTimeout(() => require("http").createServer(answer).listen(process.argv[1], "127.0.0.1"), ${afterMs})`;
/** Its connections break a moment before it ends. */
const DYING = TINY(
  0,
  "console.error('loading flux.gguf\\n\\nthe key is secret-of-the-test\\nCUDA error: out of memory'); response.destroy(); setTimeout(() => process.exit(3), 50)",
);
const READY = "answers, with the model tiny";
const check = ({ backends }: Roster, signal = AbortSignal.timeout(60_000)) => backends[0]?.check?.(signal);

test("that dies is told with its last words, rests, and is started again", async () => {
  const url = await freeAddress();
  const roster = await open(url.origin, ["-e", DYING, url.port]);
  const sentence = `Model "mine": its backend made no picture (its program node ended: exit code 3); it says: loading flux.gguf / the key is *** / CUDA error: out of memory`;
  const death = await failureOf(draw(roster, "a cat"));
  expect(death).toMatchObject({ code: "PICKAPIC_BACKEND_ENDED", message: sentence });
  expect(retryAfterOf(death)).toBe(1_000);
  clock += 900;
  const resting = await failureOf(draw(roster, "a cat"));
  expect(resting, "the reason stays known while it rests").toMatchObject({ message: sentence });
  expect(retryAfterOf(resting)).toBe(100);
  await expect(fetch(url), "it is not started meanwhile").rejects.toThrow();
  clock += 100;
  expect(await check(roster)).toBe(READY);
  expect(retryAfterOf(await failureOf(draw(roster, "a cat"))), "after a success it rests as long as the first time").toBe(1_000);
});

test("that does not listen to SIGTERM is killed", async () => {
  const url = await freeAddress();
  const roster = await open(url.origin, ["-e", `process.on("SIGTERM", () => {}); ${TINY()}`, url.port]);
  expect(await check(roster)).toBe(READY);
  await roster.close();
  await expect(fetch(url)).rejects.toThrow();
});

test("lives on when a caller leaves in the middle of its job", async () => {
  const url = await freeAddress();
  const roster = await open(url.origin, ["-e", TINY(0, "console.error(1)"), url.port]);
  expect(await check(roster)).toBe(READY);
  const { backends } = roster;
  const signal = AbortSignal.timeout(100);
  const drawing = backends[0]?.generate(drawRequest(parsePrompt("a cat"), backends, seeded(1)), { signal });
  await expect(drawing).rejects.toMatchObject({ name: "TimeoutError" });
  expect(await check(roster)).toBe(READY);
});

test("is not started where a server answers already", async () => {
  const server = await startContract(sdcppContract);
  const roster = await open(server.url, [], { program: "no-such-program", arguments: undefined });
  expect(await draw(roster, "a cat")).toMatchObject({ width: 64 });
  expect(await draw(roster, "a cat")).toMatchObject({ width: 64 });
  await server.close();
});

test("is started once for two images that come at once, and killed when it does not end by itself", async () => {
  const url = await freeAddress();
  const script = fileURLToPath(new URL("./sdServer.ts", import.meta.url));
  const file = join(folder, `log of ${url.port}`);
  const log = async () => (await readFile(file, "utf8")).trim().split("\n");
  const roster = await open(url.origin, [script, url.port, file], { concurrency: 2 });
  const [one, two] = await Promise.all([draw(roster, "a cat"), draw(roster, "a dog")]);
  expect([one?.width, two?.width]).toEqual([64, 64]);
  expect(await log()).toEqual(["start"]);
  await roster.close();
  expect(await log()).toEqual(["start", "SIGTERM"]);
  await expect(fetch(url), "nothing listens any more").rejects.toThrow();
});

test("ends with a worker that is killed", async () => {
  const url = await freeAddress();
  const program = [fileURLToPath(new URL("./sdServer.ts", import.meta.url)), url.port];
  const file = join(folder, "killed.yaml");
  await writeFile(
    file,
    stringify({ models: [{ sdcpp: url.origin, name: "mine", program: process.execPath, arguments: program }] }),
  );
  const worker = spawn(process.execPath, [fileURLToPath(new URL("./sdWorker.ts", import.meta.url)), file], { stdio: "pipe" });
  await once(worker.stdout, "data");
  expect((await fetch(url)).status).toBeGreaterThan(0);
  worker.kill("SIGKILL");
  await expect
    .poll(() =>
      fetch(url).then(
        () => "it answers",
        () => "nothing listens",
      ),
    )
    .toBe("nothing listens");
});

test("that does not start says why and rests longer each time, and a server that answers already is taken in its stead", async () => {
  const url = await freeAddress();
  const roster = await open(url.origin, ["-e", "console.error('no such model: flux.gguf'); process.exitCode = 1"]);
  const failure = /its program node ended: exit code 1\); it says: no such model: flux\.gguf$/;
  for (const restMs of [1_000, 2_000, 4_000]) {
    const death = await failureOf(draw(roster, "a cat"));
    expect(death).toMatchObject({ message: expect.stringMatching(failure) });
    expect(retryAfterOf(death)).toBe(restMs);
    clock += restMs;
  }
  const server = await startContract(sdcppContract, Number(url.port));
  expect(await draw(roster, "a cat")).toMatchObject({ width: 64 });
  await server.close();
  await roster.close();
});

test("that answers late is waited for; all that ask meanwhile wait for the same one", async () => {
  const url = await freeAddress();
  const roster = await open(url.origin, ["-e", TINY(300), url.port]);
  expect(await Promise.all([check(roster), check(roster)])).toEqual(Array(2).fill(READY));
  expect(await check(roster), "it is not started again").toBe(READY);
});

test("that does not answer in time is an error, and is waited for by the next that asks", async () => {
  const url = await freeAddress();
  const started = join(folder, `starts of ${url.port}`);
  const program = `require("fs").appendFileSync(${JSON.stringify(started)}, "start "); ${TINY(400)}`;
  const roster = await open(url.origin, ["-e", program, url.port], {}, { startMs: 50 });
  const late = {
    code: "PICKAPIC_BACKEND_TIMEOUT",
    message: expect.stringContaining('"mine": its backend did not answer within 0.05 s'),
  };
  await expect(check(roster)).rejects.toMatchObject(late);
  await expect.poll(() => check(roster)?.catch(String), { timeout: 20_000 }).toBe(READY);
  expect(await readFile(started, "utf8")).toBe("start ");
  await roster.close();
  await expect(fetch(url)).rejects.toThrow();
});

test("is not started for a caller that has left, and runs on when one leaves that waits for it", async () => {
  const url = await freeAddress();
  const roster = await open(url.origin, ["-e", TINY(200), url.port]);
  await expect(check(roster, AbortSignal.abort(new Error("left")))).rejects.toThrow("left");
  const stop = new AbortController();
  const checking = check(roster, stop.signal);
  setTimeout(() => stop.abort(new Error("left as well")), 100);
  await expect(checking).rejects.toThrow("left as well");
  expect(await check(roster)).toBe(READY);
});

test("of a caller that leaves while something else at the address hangs is not started", async () => {
  const server = await startContract(sdcppContract);
  server.fault = "hangs";
  const started = join(folder, `starts of ${new URL(server.url).port}`);
  const roster = await open(server.url, ["-e", `require("fs").appendFileSync(${JSON.stringify(started)}, "start ")`]);
  const stop = new AbortController();
  const drawing = roster.backends[0]?.generate(drawRequest(parsePrompt("a cat"), roster.backends, seeded(1)), {
    signal: stop.signal,
  });
  await expect.poll(() => server.asked.length).toBe(1);
  stop.abort(new Error("left"));
  await expect(drawing).rejects.toThrow("left");
  await expect(readFile(started)).rejects.toThrow("ENOENT");
  await server.close();
});

test("is a path from the file of models or a name on the PATH, and runs in the folder of that file", async () => {
  const url = await freeAddress();
  await mkdir(join(folder, "bin"), { recursive: true });
  await writeFile(join(folder, "bin", "fake-sd"), "#!/bin/sh\necho $PWD $0 $# >&2; exit 7\n", { mode: 0o755 });
  const said = async (program: string) =>
    String(await failureOf(check(await open(url.origin, [], { program, arguments: undefined }))));
  expect(await said("bin/fake-sd")).toContain(
    `(its program fake-sd ended: exit code 7); it says: ${folder} ${folder}/bin/fake-sd 0`,
  );
  expect(await said("no-such-sd")).toContain("(its program no-such-sd ended: spawn no-such-sd ENOENT); it says: nothing");
  expect(await said("sh"), "it has nothing to read").toContain("(its program sh ended: exit code 0); it says: nothing");
});

test("ends with everything that it has started, at once by SIGTERM", async () => {
  const url = await freeAddress();
  const pids = join(folder, `pids of ${url.port}`);
  const program = `const { pid } = require("child_process").spawn("sleep", ["60"]); require("fs").writeFileSync(${JSON.stringify(pids)}, String(pid)); ${TINY()}`;
  const roster = await open(url.origin, ["-e", program, url.port], {}, { graceMs: 3_600_000 });
  await check(roster);
  await roster.close();
  await expect(fetch(url)).rejects.toThrow();
  const sleeping = Number(await readFile(pids, "utf8"));
  await expect.poll(() => isRunning(sleeping)).toBe(false);
  await roster.close();
});

test("whose server breaks off while the program lives is an error of its server", async () => {
  const url = await freeAddress();
  const roster = await open(url.origin, ["-e", TINY(0, "response.destroy()"), url.port]);
  await expect(draw(roster, "a cat")).rejects.toMatchObject({ code: "PICKAPIC_BACKEND_UNREACHABLE" });
  expect(await check(roster), "it was not started again").toBe(READY);
});

test("rests twice as long after each death without a picture, up to a limit", () => {
  const times = { restMs: 1_000, longestRestMs: 60_000 };
  expect([1, 2, 3, 7, 2_000].map((deaths) => restAfter(deaths, times))).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
});
