/** @file `pickapic admin export` against a server that plays the app's part, so that an export can have failed. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pickapic } from "./terminal.ts";

let problem: string | null = null;
const asked: string[] = [];
const app = createServer(({ method, url, headers }, response) => {
  asked.push(`${method} ${url} ${headers.authorization}`);
  const releases = [{ release: 3, folder: "/data/releases/release-3", writtenAt: "2026-03-01T12:00:00.000Z" }];
  const state = problem === null ? "idle" : "failed";
  response.end(JSON.stringify({ state, done: 0, total: 0, problem, unchanged: false, releases }));
});
beforeAll(() => new Promise<void>((listening) => app.listen(0, "127.0.0.1", listening)));
afterAll(() => new Promise((closed) => app.close(closed)));

const run = (...words: string[]) => {
  const { port } = app.address() as AddressInfo;
  return pickapic(["admin", "export", ...words, "--url", `http://127.0.0.1:${port}`, "--admin-token", "secret"]);
};

test("--status ends with 1 when the last export failed, after the releases are printed, and with 0 otherwise", async () => {
  expect(await run("--status")).toMatchObject({ code: 0, err: "", out: expect.stringContaining("No export runs.\nrelease 3") });
  problem = "The disk is full.";
  const failed = await run("--status");
  expect(failed).toMatchObject({ code: 1, err: "pickapic: The last export on the server failed: The disk is full.\n" });
  expect(failed.out).toContain("release 3, 2026-03-01 12:00: /data/releases/release-3");
  const json = await run("--status", "--json");
  expect([json.code, JSON.parse(json.out).problem]).toEqual([1, problem]);
});

test("--remove asks for one removal after the other, and refuses what is no number before it asks", async () => {
  asked.length = 0;
  expect((await run("--remove", "1", "2")).code).toBe(0);
  expect(asked).toEqual([1, 2].map((release) => `DELETE /api/admin/exports/${release} Bearer secret`));
  expect((await run("--remove", "all")).code).toBe(2);
  expect(asked).toHaveLength(2);
});
