/** @file Opens a data folder for commands that read it, whether or not a server runs on it. */
import { resolve } from "node:path";
import { type Connection, checkConnection, connect, LONG_STATEMENT_MS } from "../database/database.ts";
import { hasEmbedded, openEmbedded, runningEmbedded } from "../database/embedded.ts";
import { bringUpToDate } from "../database/migrations.ts";
import { ServerError } from "../errors.ts";
import { type ImageFiles, imageFiles } from "../files/imageFiles.ts";
import { openFileStore } from "../files/openFileStore.ts";
import { checkFolder, takeFolder } from "../folder/folder.ts";
import { folderHolder } from "../folder/lock.ts";

/** The database and the pictures of a data folder, for reading. */
export interface Store {
  readonly db: Connection["db"];
  readonly pool: Connection["pool"];
  readonly files: ImageFiles;
  /** The prefix of image URLs. Empty if no public URL is set. */
  readonly publicUrl: string;
  close(): Promise<void>;
}

/** How to open a store. */
export interface StoreSettings {
  /** What the lock of the folder says about this process. Default "dataset export". */
  purpose?: string;
  /** URL of a PostgreSQL of your own. Default: PICKAPIC_DATABASE_URL, otherwise the embedded one. */
  databaseUrl?: string;
  /** Default: PICKAPIC_PUBLIC_URL. */
  publicUrl?: string;
}

/**
 * Opens the store of a data folder, read only; its pictures come from the bucket in PICKAPIC_FILES_URL, if that is set. If a server runs on the folder, its database is shared. Otherwise this starts PostgreSQL, and close() stops
 * it.
 * @throws ServerError PICKAPIC_FOLDER_MISSING, PICKAPIC_FOLDER_NEWER, PICKAPIC_FOLDER_IN_USE, PICKAPIC_DATABASE_*
 */
export async function openStore(
  dataFolder: string,
  { purpose = "dataset export", databaseUrl, publicUrl }: StoreSettings = {},
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Store> {
  const folder = resolve(dataFolder);
  await checkFolder(folder);
  const opened = new AsyncDisposableStack();
  try {
    const url = databaseUrl ?? (environment.PICKAPIC_DATABASE_URL || (await databaseOf(folder, purpose, opened)));
    const connection = connect(
      url,
      { size: 4, name: "pickapic store", readOnly: true, statementTimeoutMs: LONG_STATEMENT_MS },
      () => undefined,
    );
    opened.defer(() => connection.close());
    await checkConnection(connection);
    const files = imageFiles(await openFileStore(folder, environment.PICKAPIC_FILES_URL || undefined));
    const site = (publicUrl ?? environment.PICKAPIC_PUBLIC_URL ?? "").replace(/\/$/, "");
    return { db: connection.db, pool: connection.pool, files, publicUrl: site, close: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync();
    throw error;
  }
}

async function databaseOf(folder: string, purpose: string, opened: AsyncDisposableStack): Promise<string> {
  const live = await folderHolder(folder);
  const running = live && (await runningEmbedded(folder));
  if (running) return running;
  if (live && !(await hasEmbedded(folder))) throw new ServerError("PICKAPIC_DATABASE_UNNAMED", folder);
  if (live) throw new ServerError("PICKAPIC_FOLDER_IN_USE", folder, `process ${live.pid}, which is starting or stopping`);
  const lock = await takeFolder(folder, purpose);
  opened.defer(() => lock.release());
  const database = await openEmbedded(folder);
  opened.defer(() => database.stop());
  // The folder may have been written by an older version.
  await bringUpToDate(database.url);
  return database.url;
}
