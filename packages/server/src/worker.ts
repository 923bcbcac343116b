/** @file A worker as a process of its own: more hands for a server, on the same machine or another. */
import { join, resolve } from "node:path";
import { pino } from "pino";
import { runningEmbedded } from "./database/embedded.ts";
import { ServerError } from "./errors.ts";
import { checkFolder } from "./folder/folder.ts";
import { imageFiles } from "./images/files.ts";
import { startWorker, type Worker } from "./jobs/worker.ts";
import { resolveSettings, type ServerSettings } from "./settings.ts";

/**
 * Works for the server that runs on the data folder, or for those of `databaseUrl` (then the folder's files must be the servers' own). The
 * settings are those of the server; its backends must offer the same models.
 * @throws ServerError PICKAPIC_WORKER_ALONE, PICKAPIC_FOLDER_MISSING, PICKAPIC_SETTING_*
 */
export async function runWorker(settings: ServerSettings, environment: NodeJS.ProcessEnv = process.env): Promise<Worker> {
  const resolved = resolveSettings(settings, environment);
  const folder = resolve(resolved.dataFolder);
  if (resolved.databaseUrl === undefined) await checkFolder(folder);
  const url = resolved.databaseUrl ?? (await runningEmbedded(folder));
  if (url === null) throw new ServerError("PICKAPIC_WORKER_ALONE", folder);
  const log = resolved.logger ?? pino({ level: resolved.logLevel }, pino.destination(2));
  return startWorker(url, { files: imageFiles(join(folder, "files")), settings: resolved, log });
}
