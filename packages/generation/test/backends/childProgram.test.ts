/** @file stable-diffusion.cpp's server as a child program: its start, its death, its restart and its end. A real program stands in for it (sdServer.ts). */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { restAfter } from "../../src/backends/childProgram.ts";
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

const log = async () => (await readFile(join(folder, "log"), "utf8").catch(() => "")).trim().split("\n");

async function open(url: string, list: readonly string[]): Promise<Roster> {
  const file = join(folder, "models.yaml");
  const entry = { sdcpp: url, name: "mine", program: process.execPath, arguments: list, concurrency: 2, key: "TEST_KEY" };
  await writeFile(file, stringify({ models: [entry] }));
  const roster = await openRoster(file, {
    environment: { TEST_KEY: "secret-of-the-test" },
    httpSettings: { retryDelayMs: 1 },
    pollMs: 2,
    programTimes: { restMs: 1_000, graceMs: 50, now: () => clock },
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

test("is started once, again after its death when it has rested, and killed when it does not end by itself", async () => {
  const url = await freeAddress();
  const script = fileURLToPath(new URL("./sdServer.ts", import.meta.url));
  const roster = await open(url.origin, [script, url.port, join(folder, "log")]);
  const [one, two] = await Promise.all([draw(roster, "a cat"), draw(roster, "a dog")]);
  expect([one?.width, two?.width]).toEqual([64, 64]);
  expect(await log(), "two images that come at once share it").toEqual(["start"]);

  const sentence = `Model "mine": its backend made no picture (its program node ended: exit code 3); it says: loading flux.gguf / the key is *** / CUDA error: out of memory`;
  const death = await failureOf(draw(roster, "out of memory"));
  expect(death).toMatchObject({ code: "PICKAPIC_BACKEND_ENDED", message: sentence });
  expect(retryAfterOf(death)).toBe(1_000);
  clock += 900;
  const resting = await failureOf(draw(roster, "a cat"));
  expect(resting, "the reason stays known while it rests").toMatchObject({ message: sentence });
  expect(retryAfterOf(resting)).toBe(100);
  expect(await log()).toEqual(["start"]);
  clock += 100;
  expect(await draw(roster, "a cat")).toMatchObject({ width: 64 });
  expect(await log()).toEqual(["start", "start"]);

  await roster.close();
  expect(await log()).toEqual(["start", "start", "SIGTERM"]);
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

test("rests twice as long after each death without a picture, up to a limit", () => {
  const times = { restMs: 1_000, longestRestMs: 60_000 };
  expect([1, 2, 3, 7, 2_000].map((deaths) => restAfter(deaths, times))).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
});
