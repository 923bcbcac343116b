/**
 * @file Data folders whose database exists and is migrated. Creating and migrating a database takes one to two seconds of the processor, and fifty tests
 * start a server: so the first of them makes a template, and each gets a copy of it, which takes a tenth.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { takeLock } from "@pickapic/disk";
import { inject } from "vitest";
import { openEmbedded } from "../../packages/server/src/database/embedded.ts";
import { bringUpToDate } from "../../packages/server/src/database/migrations.ts";
import { takeFolder } from "../../packages/server/src/folder/folder.ts";

const run = promisify(execFile);

/** Makes a data folder that no server has used. Its database is empty and migrated; its secrets, except the database's password, do not exist yet. */
export async function readyDatabase(dataFolder: string): Promise<void> {
  const made = join(inject("databaseTemplate"), "made");
  await makeOnce(made);
  await mkdir(dataFolder, { recursive: true });
  // Keeps owner and permissions, which Node's own copying does not; the files of the database may belong to another user than ours.
  await run("cp", ["-a", `${made}/.`, dataFolder]);
}

/** Makes the template, or waits until another process has made it. */
async function makeOnce(made: string): Promise<void> {
  while (!existsSync(made)) {
    const taken = await takeLock(`${made}.lock`, { purpose: "making the database template" });
    if (!("lock" in taken)) await wait(100);
    else await make(made).finally(() => taken.lock.release());
  }
}

async function make(made: string): Promise<void> {
  if (existsSync(made)) return;
  const beside = `${made}.new`;
  await rm(beside, { recursive: true, force: true });
  const folder = await takeFolder(beside, "the tests");
  const database = await openEmbedded(beside);
  await bringUpToDate(database.url);
  await database.stop();
  await folder.release();
  await rm(join(beside, "postgres.log"), { force: true });
  await rename(beside, made);
}
