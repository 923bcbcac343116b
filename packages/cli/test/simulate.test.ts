import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDataset } from "@pickapic/dataset";
import { type RunningServer, startServer } from "@pickapic/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readyDatabase } from "../../../test/support/readyDatabase.ts";
import { smallToy } from "../../../test/support/smallToy.ts";
import { pickapic } from "./terminal.ts";

let folder = "";
let app: RunningServer;
const start = (port: number) =>
  startServer({ dataFolder: join(folder, "data"), port, backends: [smallToy()], logLevel: "error" });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pickapic-simulate-"));
  await readyDatabase(join(folder, "data"));
  app = await start(0);
});
afterAll(async () => {
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

test("simulated people use a real app, which restarts in between: every thanked answer is stored once", async () => {
  const { port } = new URL(app.url);
  const log = join(folder, "thanked.jsonl");
  const words = [
    "--url",
    app.url,
    "--data",
    join(folder, "data"),
    "--users",
    "3",
    "--answers",
    "16",
    "--log",
    log,
    "--verify",
    "--json",
  ];
  const running = pickapic(["simulate", ...words]);
  const thanks = () => readFile(log, "utf8").then((text) => text.trim().split("\n").length);
  await expect.poll(() => thanks().catch(() => 0)).toBeGreaterThan(1);
  await app.close();
  app = await start(Number(port));
  const { code, out, err } = await running;
  expect({ code, err: err.replace(/^simulating.*\n/gm, "") }).toEqual({ code: 0, err: "" });
  const outcome = JSON.parse(out) as Record<string, unknown>;
  expect(outcome).toMatchObject({ simulated: true, seed: 1, users: 3, answers: 16, verified: { missing: 0, twice: 0 } });
  expect(outcome.retries).toBeGreaterThan(0);
  const thanked = (await readFile(log, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { ranking: number });
  expect(new Set(thanked.map(({ ranking }) => ranking)).size).toBe(16);
});

test("a command finds the app at the address that its data folder knows", async () => {
  const data = join(folder, "data");
  const { code, out } = await pickapic(["admin", "reports", "--data", data, "--json"]);
  expect({ code, reports: JSON.parse(out).reports }).toEqual({ code: 0, reports: [] });
  expect(await pickapic(["admin", "reports", "--data", data, "--url", "ftp://x"])).toMatchObject({ code: 2 });
});

test("their answers are exported while the app runs, marked as simulated", async () => {
  const out = join(folder, "dataset");
  const { code, out: printed } = await pickapic([
    "dataset",
    "export",
    "--data",
    join(folder, "data"),
    "--out",
    out,
    "--license",
    "none",
    "--json",
  ]);
  expect({ code, ...(JSON.parse(printed) as object) }).toMatchObject({ code: 0, rankings: 16, simulated: 16 });
  expect((await pickapic(["dataset", "validate", out])).code).toBe(0);
  const dataset = await openDataset(out);
  for await (const { simulated } of dataset.read("train", { columns: ["simulated"] }))
    expect(JSON.parse(simulated ?? "")).toMatchObject({ role: "author", careless: 0.04 });
});

test("without the operator's token nobody can see what a picture shows", async () => {
  const { code, err } = await pickapic(["simulate", "--url", app.url, "--data", folder]);
  expect({ code, lines: err.trim().split("\n").length }).toEqual({ code: 1, lines: 1 });
  expect(err).toContain("--admin-token");
  const wrong = await pickapic(["simulate", "--url", app.url, "--admin-token", "wrong", "--answers", "1"]);
  expect(wrong.code).toBe(1);
  expect(wrong.err).toMatch(/The app refused GET \/api\/admin\/images\/.* with status 40[13]/);
});

test("pictures that people reported are listed, and none are none", async () => {
  const { code, out } = await pickapic(["admin", "reports", "--url", app.url, "--data", join(folder, "data"), "--json"]);
  expect([code, JSON.parse(out)]).toEqual([0, { reports: [], next: null }]);
  const exports = await pickapic(["admin", "export", "--status", "--url", app.url, "--data", join(folder, "data")]);
  expect(exports).toMatchObject({ code: 0, out: "No export runs.\n" });
  const wrong = await pickapic(["admin", "reports", "--url", app.url, "--admin-token", "wrong"]);
  expect([wrong.code, wrong.out]).toEqual([1, ""]);
});
