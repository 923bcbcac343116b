/** @file A worker in a process of its own, which generates images beside the server, on the same machine or on another one. */
import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pino } from "pino";
import { checkConnection, connect } from "./database/database.ts";
import { runningEmbedded } from "./database/embedded.ts";
import { ServerError } from "./errors.ts";
import { checkFolder } from "./folder/folder.ts";
import { imageFiles } from "./images/files.ts";
import { checkStore } from "./images/marker.ts";
import { startWorker, type Worker } from "./jobs/worker.ts";
import { diskRoom } from "./operations/room.ts";
import { resolveSettings } from "./resolveSettings.ts";
import type { ServerSettings } from "./settings.ts";

/**
 * Runs a worker for the server of a data folder, or for the servers that use `databaseUrl`. In the second case the folder must hold the
 * servers' pictures, for example as a network drive. The settings are those of the server, and the backends must offer the same models.
 * @throws ServerError PICKAPIC_WORKER_ALONE, PICKAPIC_FOLDER_MISSING, PICKAPIC_FILES_FOREIGN, PICKAPIC_DATABASE_REFUSED,
 * PICKAPIC_SETTING_*
 */
export async function runWorker(settings: ServerSettings, environment: NodeJS.ProcessEnv = process.env): Promise<Worker> {
  const resolved = resolveSettings(settings, environment);
  const folder = resolve(resolved.dataFolder);
  if (resolved.databaseUrl === undefined) await checkFolder(folder);
  else if (!(await stat(folder).catch(() => null))) throw new ServerError("PICKAPIC_FOLDER_MISSING", folder);
  const url = resolved.databaseUrl ?? (await runningEmbedded(folder));
  if (url === null) throw new ServerError("PICKAPIC_WORKER_ALONE", folder);
  const filesFolder = join(folder, "files");
  await checkStoreOf(url, filesFolder);
  const log = resolved.logger ?? pino({ level: resolved.logLevel }, pino.destination(2));
  const room = diskRoom(filesFolder, resolved.diskReserveMb);
  return startWorker(url, { files: imageFiles(filesFolder), settings: resolved, log, room });
}

async function checkStoreOf(url: string, filesFolder: string): Promise<void> {
  const connection = connect(url, { size: 1, name: "pickapic worker" }, () => undefined);
  try {
    await checkConnection(connection);
    await checkStore(connection.db, filesFolder);
  } finally {
    await connection.close();
  }
}
