import { execFile } from "node:child_process";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { codeOf, openHouse, PATIENT, send, startRound, temporaryFolder } from "./house.ts";

const run = promisify(execFile);
const MEGABYTE = 1024 * 1024;
/** A new database takes some 60 MB, its log included. */
const DISK_MB = 160;
const PEOPLE = 16;

let disk: string;
/** Why there is no small disk to fill; null when there is one. */
let refused: string | null = null;
beforeAll(async () => {
  disk = await temporaryFolder();
  const mount = ["-t", "tmpfs", "-o", `size=${DISK_MB}m,mode=0755`, "tmpfs", disk];
  await run("mount", mount).catch((error: unknown) => {
    refused = `a small disk cannot be mounted here: ${String(error).split("\n")[0]}`;
  });
});
afterAll(async () => {
  if (refused === null) await run("umount", ["--lazy", disk]);
  await rm(disk, { recursive: true, force: true });
});

/** Writes zeros until the disk is full. */
async function fill(path: string): Promise<void> {
  const file = await open(path, "w");
  try {
    for (const size of [MEGABYTE, 4096]) for (;;) if ((await file.write(new Uint8Array(size)).catch(() => null)) === null) break;
  } finally {
    await file.close();
  }
}

test("a full disk: 503 with a sentence, nothing is thanked that is not stored, and the server goes on by itself", async ({
  skip,
}) => {
  if (refused !== null) skip(refused);
  const dataFolder = join(disk, "data");
  await mkdir(dataFolder, { mode: 0o700 });
  const house = await openHouse({ dataFolder, diskReserveMb: 1 });
  const ballast = join(disk, "ballast");
  try {
    const judges = await Promise.all(Array.from({ length: PEOPLE }, () => house.judge()));
    const open = await Promise.all(judges.map(async (judge) => ({ judge, id: (await startRound(judge)).comparison.id })));
    await fill(ballast);
    // The room on the disk is measured twice a second.
    const prompt = async () => {
      const reply = await judges[0]?.send("POST", "/api/rounds", { body: { prompt: "a red cat" } });
      return reply?.status === 503 ? codeOf(reply) : reply?.status;
    };
    await expect.poll(prompt, PATIENT).toBe("PICKAPIC_DISK_FULL");
    const thanked: string[] = [];
    const unthanked: typeof open = [];
    for (const one of open) {
      const reply = await send(one.judge, one.id, "left");
      expect([200, 503]).toContain(reply.status);
      if (reply.status === 200) thanked.push(one.id);
      else {
        expect(JSON.stringify(reply.body)).toMatch(/"message":"[A-Z][^"]+\."/);
        unthanked.push(one);
      }
    }
    expect(unthanked.length).toBeGreaterThan(0);
    await rm(ballast);
    const stored = async () =>
      (await house.sql<{ id: string }>("select comparison_id as id from rankings where withdrawn_at is null"))
        .map(({ id }) => id)
        .sort();
    await expect.poll(() => stored().catch(() => null), PATIENT).toEqual(thanked.sort());
    for (const { judge, id } of unthanked)
      await expect.poll(async () => (await send(judge, id, "left")).status, PATIENT).toBe(200);
    expect(await stored()).toHaveLength(PEOPLE);
    await expect.poll(prompt, PATIENT).toBe(201);
    const waiting = () => house.sql("select 1 from images where state in ('queued', 'generating')").then(({ length }) => length);
    await expect.poll(waiting, PATIENT).toBe(0);
  } finally {
    await rm(ballast, { force: true });
    await house.close();
  }
});
