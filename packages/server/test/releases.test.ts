/** @file Exports in the background of the server: progress, releases, the same data, a stop in the middle, and who may ask. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openDataset, validateDataset } from "@pickapic/dataset";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Exports } from "../src/api.ts";
import { runningEmbedded } from "../src/database/embedded.ts";
import { Exporter } from "../src/releases/exporter.ts";
import { writeRelease } from "../src/releases/write.ts";
import {
  adminToken,
  answerAndGoOn,
  codeOf,
  type House,
  openHouse,
  PATIENT,
  startRound,
  stranger,
  temporaryFolder,
} from "./house.ts";

let house: House;
let headers: Record<string, string>;
beforeAll(async () => {
  house = await openHouse();
  headers = { authorization: `Bearer ${await adminToken(house.folder)}` };
});
afterAll(() => house.close());

const asked = { images: true, license: "cc0-1.0", seed: 1 };
const ask = (body: unknown = asked) => stranger(house.url).send("POST", "/api/admin/exports", { body, headers });
const state = async () => Exports.parse((await stranger(house.url).send("GET", "/api/admin/exports", { headers })).body);
const ended = async () => {
  await expect.poll(async () => (await state()).state, PATIENT).not.toBe("running");
  return state();
};

const from = async () => ({
  dataFolder: house.folder,
  databaseUrl: (await runningEmbedded(house.folder)) ?? "",
  filesUrl: undefined,
  publicUrl: undefined,
});

async function answer(): Promise<void> {
  const judge = await house.judge();
  const { comparison } = await startRound(judge, "a red cat");
  await answerAndGoOn(judge, comparison.id, "left");
}

const rows = async (folder: string): Promise<number> => {
  const dataset = await openDataset(folder);
  return ["train", "validation", "test"].reduce((sum, split) => sum + dataset.count(split as "train"), 0);
};

test("an operator exports in the background; the same data is no new release, new answers are the next, and no one else may ask", async () => {
  expect(await state()).toMatchObject({ state: "idle", releases: [] });
  expect(codeOf(await stranger(house.url).send("POST", "/api/admin/exports", { body: asked }))).toBe("PICKAPIC_ADMIN_REQUIRED");
  await answer();

  const [first, second] = await Promise.all([ask(), ask()]);
  expect([first, second].map(({ status }) => status).sort()).toEqual([202, 409]);
  expect([first, second].map(({ body }) => JSON.stringify(body)).join()).toContain("PICKAPIC_EXPORT_RUNNING");
  const { releases, ...rest } = await ended();
  expect(rest).toEqual({ state: "idle", done: 1, total: 1, problem: null, unchanged: false });
  expect(releases).toMatchObject([{ release: 1, folder: join(house.folder, "releases", "release-1") }]);
  expect((await validateDataset(releases[0]?.folder ?? "")).filter(({ severity }) => severity === "error")).toEqual([]);

  // On this thread, because starting one takes longer than the export.
  const effects = { signal: new AbortController().signal, onProgress() {} };
  const job = { ...asked, ...(await from()), to: join(house.folder, "releases") };
  expect(await writeRelease(job, effects)).toBe(true);
  expect(await readdir(join(house.folder, "releases"))).toEqual(["release-1"]);
});

test("an export that was stopped is gone on with by the next server, as it was asked for", async () => {
  await answer();
  await writeFile(join(house.folder, "releases", "failed.json"), JSON.stringify({ problem: "an earlier one" }));
  const before = new Exporter(await from());
  await before.start({ ...asked, images: false });
  await before.close();
  await expect.poll(async () => (await before.state()).state, PATIENT).toBe("idle");
  expect(await readdir(join(house.folder, "releases"))).toContain("request.json");

  const after = new Exporter(await from());
  await after.resume();
  await expect.poll(async () => (await after.state()).releases.map(({ release }) => release), PATIENT).toEqual([2, 1]);
  const [newest] = (await after.state()).releases;
  const dataset = await openDataset(newest?.folder ?? "");
  expect([dataset.hasImages, await rows(newest?.folder ?? "")]).toEqual([false, 2]);
  await expect.poll(() => readdir(join(house.folder, "releases")), PATIENT).toEqual(["release-1", "release-2"]);
  await writeFile(join(house.folder, "releases", "request.json"), "broken");
  await after.resume();
  expect((await after.state()).state).toBe("idle");
});

test("an old release is removed whole, also when a stop cut the removal off; the newest and an unknown one are refused", async () => {
  const folder = join(house.folder, "releases");
  const remove = (release: number, by = headers) =>
    stranger(house.url).send("DELETE", `/api/admin/exports/${release}`, { headers: by });
  expect(codeOf(await remove(1, {}))).toBe("PICKAPIC_ADMIN_REQUIRED");
  expect(codeOf(await remove(2))).toBe("PICKAPIC_RELEASE_NEWEST");
  expect(await remove(7)).toMatchObject({
    status: 404,
    body: { error: { message: expect.stringContaining("there are: 2, 1.") } },
  });
  expect(Exports.parse((await remove(1)).body).releases.map(({ release }) => release)).toEqual([2]);
  expect(await readdir(folder)).not.toContain("release-1");
  await mkdir(join(folder, "removed-1"));
  await new Exporter(await from()).resume();
  expect(await readdir(folder)).not.toContain("removed-1");
});

test("why an export failed is told also by the next server", async () => {
  const broken = { ...(await from()), dataFolder: await temporaryFolder(), databaseUrl: "postgres://127.0.0.1:1/none" };
  const exporter = new Exporter(broken);
  await exporter.start(asked);
  await expect.poll(async () => (await exporter.state()).state, PATIENT).toBe("failed");
  const next = new Exporter(broken);
  await next.resume();
  const { problem, ...state } = await next.state();
  expect([state.state, problem]).toEqual(["failed", (await exporter.state()).problem]);
  expect(problem).toMatch(/\w+/);
});
