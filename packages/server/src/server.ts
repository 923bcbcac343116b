/** @file Starts the whole server: data folder, database, worker and web application. They are stopped in the reverse order, also if the start fails. */
import { resolve } from "node:path";
import { pino } from "pino";
import { createAuth } from "./auth/auth.ts";
import { adoptGuest } from "./auth/people.ts";
import { checkConnection, connect, timeoutsOf } from "./database/database.ts";
import { openEmbedded } from "./database/embedded.ts";
import { bringUpToDate } from "./database/migrations.ts";
import { reasonOf } from "./errors.ts";
import { imageFiles } from "./files/imageFiles.ts";
import { tieStore } from "./files/marker.ts";
import { openFileStore } from "./files/openFileStore.ts";
import { RECENT_BYTES, RecentFiles } from "./files/recent.ts";
import { takeFolder } from "./folder/folder.ts";
import { secretIn } from "./folder/secrets.ts";
import { buildApp } from "./http/build.ts";
import { findLiveSessions, Streams } from "./http/streams.ts";
import { publicImage } from "./images/routes.ts";
import { openScorers } from "./jobs/scorers.ts";
import { startWorker } from "./jobs/worker.ts";
import { openAppJudge, type StoredImage } from "./judge/inApp.ts";
import { checkPort, listen } from "./listening.ts";
import { diskRoom } from "./operations/room.ts";
import { Exporter } from "./releases/exporter.ts";
import { resolveSettings } from "./resolveSettings.ts";
import { listenForChanges } from "./rounds/changes.ts";
import type { ResolvedSettings, ServerSettings } from "./settings.ts";
import { within } from "./within.ts";

/** A server that is running. */
export interface RunningServer {
  /** Its URL, such as http://localhost:3000. */
  readonly url: string;
  /** Finishes running requests, then stops everything that was started. Takes 10 s at most, whatever the database does. */
  close(): Promise<void>;
}

/**
 * Starts the server: locks the data folder, starts its PostgreSQL (or connects to `databaseUrl`), migrates it, starts a worker, and listens.
 * @param signal aborts a start
 * @throws ServerError if it cannot start, or the reason of the signal; then nothing is left running
 */
export async function startServer(
  settings: ServerSettings,
  environment: NodeJS.ProcessEnv = process.env,
  signal: AbortSignal = new AbortController().signal,
): Promise<RunningServer> {
  const resolved = resolveSettings(settings, environment);
  await checkPort(resolved);
  const started = new Started();
  try {
    const url = await startAll(resolved, started, signal);
    return { url, close: () => started.stop() };
  } catch (error) {
    await started.stop();
    throw error;
  }
}

/** How long a stop may take, whatever the database does, ms. */
const STOP_WITHIN_MS = 9_000;
/** How long requests may take to finish after a stop has begun, ms. */
const FINISH_MS = 4_500;

/** Collects how to stop what was started. It is stopped in the reverse order, and each step is told how much time is left. */
class Started {
  readonly #steps: ((leftMs: number) => Promise<unknown>)[] = [];
  #stopping: Promise<void> | undefined;

  /**
   * Adds a step.
   * @param stop gets the time that is left until everything must be stopped, ms
   */
  onStop(stop: (leftMs: number) => Promise<unknown>): void {
    this.#steps.push(stop);
  }

  /** Stops everything, once. If a step fails, the others are still run, and its error is thrown at the end. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll(performance.now() + STOP_WITHIN_MS);
    return this.#stopping;
  }

  async #stopAll(end: number): Promise<void> {
    const errors: unknown[] = [];
    for (const step of this.#steps.reverse()) await step(end - performance.now()).catch((error: unknown) => errors.push(error));
    if (errors.length > 0) throw errors[0];
  }
}

async function startAll(settings: ResolvedSettings, started: Started, signal: AbortSignal): Promise<string> {
  const folder = resolve(settings.dataFolder);
  const log = settings.logger ?? pino({ level: settings.logLevel }, pino.destination(2));
  const lock = await takeFolder(folder, "server");
  started.onStop(() => lock.release());
  const [secret, adminToken] = await Promise.all([
    settings.secret ?? secretIn(folder, "secret"),
    secretIn(folder, "admin-token"),
  ]);
  let stored: StoredImage = async () => null;
  const opening = openAppJudge(settings, folder, (id) => stored(id));
  started.onStop(async () => (await opening.catch(() => null))?.judge.close());
  const onError = (error: unknown) => log.warn({ error: reasonOf(error) }, "server: database");
  const databaseUrl = settings.databaseUrl ?? (await startDatabase(folder, onError, started, signal));
  const connection = connect(databaseUrl, { byKey: true, ...timeoutsOf(settings) }, onError);
  started.onStop(() => connection.close());
  await checkConnection(connection);
  await bringUpToDate(databaseUrl);
  signal.throwIfAborted();
  const { db, pool } = connection;
  const fileStore = await openFileStore(folder, settings.filesUrl);
  await tieStore(db, fileStore);
  const files = imageFiles(fileStore, new RecentFiles(RECENT_BYTES));
  const room = diskRoom(folder, settings.diskReserveMb);
  const auth = createAuth(settings, secret, { pool, adopt: (guest, account) => adoptGuest(db, guest, account) });
  const changes = await listenForChanges(databaseUrl, onError, () => connection.cutOff("the database does not answer"));
  started.onStop(() => changes.close());
  stored = (id) => publicImage(db, files, id);
  const judge = await opening;
  const scorers = openScorers(settings.judge, judge?.judge ?? null);
  started.onStop(() => scorers.close());
  if (settings.runWorker) await scorers.openAll(settings.backends);
  const worker = settings.runWorker ? await startWorker(databaseUrl, { files, settings, log, room, scorers }) : null;
  const streams = new Streams(settings, (sessions) => findLiveSessions(db, sessions), onError);
  started.onStop(async () => streams.close());
  const { filesUrl, publicUrl } = settings;
  const exporter = new Exporter({ dataFolder: folder, databaseUrl, filesUrl, publicUrl });
  started.onStop(() => exporter.close());
  const services = { settings, db, files, fileStore, auth, changes, streams, room, worker, judge, exporter, adminToken, secret };
  const app = await buildApp(services, log).catch(async (error: unknown) => {
    await worker?.stop();
    throw error;
  });
  const closeApp = () => within(app.close(), FINISH_MS, () => app.server.closeAllConnections());
  started.onStop(() => Promise.all([closeApp(), worker?.stop()]));
  signal.throwIfAborted();
  const url = await listen(app, settings);
  await lock.announce(url);
  await exporter.resume();
  return url;
}

async function startDatabase(
  folder: string,
  onError: (error: unknown) => void,
  started: Started,
  signal: AbortSignal,
): Promise<string> {
  const database = await openEmbedded(folder, onError, signal);
  started.onStop((leftMs) => database.stop(leftMs));
  if (database.adopted) onError(new Error(`the server before was killed: its PostgreSQL (process ${database.pid}) goes on`));
  return database.url;
}
