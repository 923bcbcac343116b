/** @file A worker in a process of its own, which generates images beside the server, on the same machine or on another one. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pino } from "pino";
import { checkConnection, connect } from "./database/database.ts";
import { runningEmbedded } from "./database/embedded.ts";
import { ServerError } from "./errors.ts";
import type { FileStore } from "./files/fileStore.ts";
import { imageFiles } from "./files/imageFiles.ts";
import { checkStore } from "./files/marker.ts";
import { openFileStore } from "./files/openFileStore.ts";
import { checkFolder } from "./folder/folder.ts";
import { openScorers } from "./jobs/scorers.ts";
import { startWorker, type Worker } from "./jobs/worker.ts";
import { diskRoom, ENDLESS_ROOM } from "./operations/room.ts";
import { resolveSettings } from "./resolveSettings.ts";
import type { ServerSettings } from "./settings.ts";

/**
 * Runs a worker for the server of a data folder, or for the servers that use `databaseUrl`. In the second case `filesUrl` must name the
 * servers' bucket, or the folder must hold their pictures, for example as a network drive. The settings are those of the server, and the backends must offer the same models.
 * @throws ServerError PICKAPIC_WORKER_ALONE, PICKAPIC_FOLDER_MISSING, PICKAPIC_FILES_FOREIGN, PICKAPIC_FILE_STORE_UNUSABLE,
 * PICKAPIC_DATABASE_REFUSED, PICKAPIC_SETTING_*, PICKAPIC_RANKED_*
 */
export async function runWorker(settings: ServerSettings, environment: NodeJS.ProcessEnv = process.env): Promise<Worker> {
  const resolved = resolveSettings(settings, environment);
  const folder = resolve(resolved.dataFolder);
  if (resolved.databaseUrl === undefined) await checkFolder(folder);
  else if (resolved.filesUrl === undefined && !(await stat(folder).catch(() => null)))
    throw new ServerError("PICKAPIC_FOLDER_MISSING", folder);
  const url = resolved.databaseUrl ?? (await runningEmbedded(folder));
  if (url === null) throw new ServerError("PICKAPIC_WORKER_ALONE", folder);
  const fileStore = await openFileStore(folder, resolved.filesUrl);
  await checkStoreOf(url, fileStore);
  const log = resolved.logger ?? pino({ level: resolved.logLevel }, pino.destination(2));
  const room = resolved.filesUrl === undefined ? diskRoom(folder, resolved.diskReserveMb) : ENDLESS_ROOM;
  const scorers = openScorers(resolved.judge, null);
  try {
    await scorers.openAll(resolved.backends);
    const worker = await startWorker(url, { files: imageFiles(fileStore), settings: resolved, log, room, scorers });
    return { isAlive: () => worker.isAlive(), stop: () => worker.stop().finally(() => scorers.close()) };
  } catch (error) {
    await scorers.close();
    throw error;
  }
}

async function checkStoreOf(url: string, fileStore: FileStore): Promise<void> {
  const connection = connect(url, { size: 1, name: "pickapic worker" }, () => undefined);
  try {
    await checkConnection(connection);
    await checkStore(connection.db, fileStore);
  } finally {
    await connection.close();
  }
}
