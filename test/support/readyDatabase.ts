/**
 * @file Data folders whose database exists and is migrated. Creating and migrating a database takes one to two seconds of the processor, and fifty tests
 * start a server: so the first of them makes a template, and each gets a copy of it, which takes a tenth.
 */
import { execFile } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { inject } from "vitest";
import { openEmbedded } from "../../packages/server/src/database/embedded.ts";
import { bringUpToDate } from "../../packages/server/src/database/migrations.ts";
import { takeFolder } from "../../packages/server/src/folder/folder.ts";
import { once } from "./once.ts";

const run = promisify(execFile);

/** Makes a data folder that no server has used. Its database is empty and migrated; its secrets, except the database's password, do not exist yet. */
export async function readyDatabase(dataFolder: string): Promise<void> {
  const template = join(inject("runFolder"), "database");
  await once("making the database template", () => makeTemplate(template));
  await mkdir(dataFolder, { recursive: true });
  // Keeps owner and permissions, which Node's own copying does not; the files of the database may belong to another user than ours.
  await run("cp", ["-a", `${template}/.`, dataFolder]);
}

async function makeTemplate(template: string): Promise<void> {
  const folder = await takeFolder(template, "the tests");
  const database = await openEmbedded(template);
  await bringUpToDate(database.url);
  await database.stop();
  await folder.release();
  await rm(join(template, "postgres.log"), { force: true });
}
