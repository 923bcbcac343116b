import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { isRunning } from "@pickapic/disk";
import { expect, test } from "vitest";
import { readyDatabase } from "../../../test/support/readyDatabase.ts";

const BIN = fileURLToPath(new URL("../bin/pickapic.mjs", import.meta.url));
const run = promisify(execFile);

test("the exit code of wrong use is 2, for a process too", async () => {
  const failed = run(process.execPath, [BIN, "scroe"]);
  await expect(failed).rejects.toMatchObject({
    code: 2,
    stdout: "",
    stderr: "pickapic: unknown command 'scroe'\n(Did you mean score?)\n",
  });
});

test("a reader that has seen enough is no failure", async () => {
  const { stdout, stderr } = await run("sh", ["-c", `"${process.execPath}" "${BIN}" train --help | head -n 1`]);
  expect({ stdout, stderr }).toEqual({ stdout: "Usage: pickapic train [options] [dataset]\n", stderr: "" });
});

test("the app starts, says where it is, keeps its compiled code at once, and one Ctrl-C stops it in good order", async () => {
  const data = await mkdtemp(join(tmpdir(), "pickapic-serve-"));
  const compiled = await mkdtemp(join(tmpdir(), "pickapic-compiled-"));
  const app = spawn(process.execPath, [BIN, "serve", "--port", "0", "--data", data, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: compiled },
  });
  const url = await new Promise<string>((ready, failed) => {
    app.stdout.once("data", (line: Buffer) => ready((JSON.parse(line.toString()) as { url: string }).url));
    app.once("exit", (code) => failed(new Error(`serve ended with ${code}`)));
  });
  expect((await fetch(`${url}/api/health`)).status).toBe(200);
  // The toy world brings a scorer: the judge is there and asks for a key, which an app without a scorer does not.
  expect((await fetch(`${url}/api/score`, { method: "POST" })).status).toBe(401);
  // Node itself would write it when the process ends, and a process that is killed never ends.
  const files = () => readdir(compiled, { recursive: true }).then(({ length }) => length);
  await expect.poll(files, { timeout: 15_000 }).toBeGreaterThan(500);
  const ended = new Promise<number | null>((done) => app.once("exit", done));
  app.kill("SIGINT");
  expect(await ended).toBe(0);
  await expect(fetch(`${url}/api/health`)).rejects.toThrow();
  expect(await readdir(data)).not.toContain("lock.json");
  await Promise.all([data, compiled].map((folder) => rm(folder, { recursive: true })));
});

test.each(["SIGTERM", "SIGKILL"] as const)("an app that npx started ends in good order when npx gets %s", async (signal) => {
  const data = await mkdtemp(join(tmpdir(), "pickapic-serve-"));
  await readyDatabase(data);
  const words = ["pickapic", "serve", "--port", "0", "--data", data, "--json", "--no-open"];
  const npx = spawn("npx", words, {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    stdio: ["ignore", "pipe", "ignore"],
  });
  const { pid } = await new Promise<{ pid: number }>((ready, failed) => {
    npx.stdout.once("data", (line: Buffer) => ready(JSON.parse(line.toString())));
    npx.once("exit", (code) => failed(new Error(`npx ended with ${code}`)));
  });
  npx.kill(signal);
  await expect.poll(() => isRunning(pid), { timeout: 15_000 }).toBe(false);
  expect(await readdir(data)).not.toContain("lock.json");
  expect(await readdir(join(data, "postgres"))).not.toContain("postmaster.pid");
  await rm(data, { recursive: true });
});

test("a port in use and a data folder in use are one sentence each", async () => {
  const data = await mkdtemp(join(tmpdir(), "pickapic-serve-"));
  for (const folder of [data, `${data}-2`]) await readyDatabase(folder);
  const { startServer } = await import("@pickapic/server");
  const app = await startServer({ dataFolder: data, port: 0, backends: [], logLevel: "silent" });
  const { port } = new URL(app.url);
  const serve = (...words: string[]) =>
    run(process.execPath, [BIN, "serve", ...words]).catch((error: { code: number; stderr: string }) => error);
  const [portTaken, folderTaken] = await Promise.all([
    serve("--port", port, "--data", `${data}-2`),
    serve("--port", "0", "--data", data),
  ]);
  expect(portTaken).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(new RegExp(`^(The pages.*\\n)?pickapic: .*${port}.*\\n$`)),
  });
  expect(folderTaken).toMatchObject({ code: 1, stderr: expect.stringMatching(/^(The pages.*\n)?pickapic: .*process.*\n$/) });
  await app.close();
  for (const folder of [data, `${data}-2`]) await rm(folder, { recursive: true });
});
