/** @file The server as one function: data folder, database, worker, web. What was started is stopped in the reverse order, also when a start fails. */
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { pino } from "pino";
import { createAuth } from "./auth/auth.ts";
import { adoptGuest } from "./auth/people.ts";
import { checkConnection, connect } from "./database/database.ts";
import { openEmbedded } from "./database/embedded.ts";
import { migrate } from "./database/migrations.ts";
import { reasonOf, ServerError } from "./errors.ts";
import { takeFolder } from "./folder/folder.ts";
import { secretIn } from "./folder/secrets.ts";
import { buildApp } from "./http/build.ts";
import { imageFiles } from "./images/files.ts";
import { startWorker } from "./jobs/worker.ts";
import { listenForChanges } from "./rounds/changes.ts";
import { type ResolvedSettings, resolveSettings, type ServerSettings } from "./settings.ts";

export interface RunningServer {
  /** Where it answers, such as http://localhost:3000. */
  readonly url: string;
  /** Finishes the requests that are running, then stops everything that was started. */
  close(): Promise<void>;
}

/**
 * Starts everything: takes the data folder, starts its PostgreSQL (or connects to `databaseUrl`), migrates, works on the queue, listens.
 * @throws ServerError when it cannot; then nothing is left running.
 */
export async function startServer(
  settings: ServerSettings,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<RunningServer> {
  const resolved = resolveSettings(settings, environment);
  await checkPort(resolved);
  const started = new AsyncDisposableStack();
  try {
    const url = await startAll(resolved, started);
    let closing: Promise<void> | undefined;
    return { url, close: () => (closing ??= started.disposeAsync()) };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

async function startAll(settings: ResolvedSettings, started: AsyncDisposableStack): Promise<string> {
  const folder = resolve(settings.dataFolder);
  const log = settings.logger ?? pino({ level: settings.logLevel }, pino.destination(2));
  const lock = await takeFolder(folder, "server");
  started.defer(() => lock.release());
  const [secret, adminToken] = await Promise.all([
    settings.secret ?? secretIn(folder, "secret"),
    secretIn(folder, "admin-token"),
  ]);
  const onError = (error: unknown) => log.warn({ error: reasonOf(error) }, "server: database");
  const databaseUrl = settings.databaseUrl ?? (await startDatabase(folder, onError, started));
  const connection = connect(databaseUrl, {}, onError);
  started.defer(() => connection.close());
  await checkConnection(connection);
  await migrate(connection.db);
  const { db, pool } = connection;
  const files = imageFiles(join(folder, "files"));
  const auth = createAuth(settings, secret, { pool, adopt: (guest, account) => adoptGuest(db, guest, account) });
  const changes = await listenForChanges(databaseUrl, onError);
  started.defer(() => changes.close());
  if (settings.runWorker) {
    const worker = await startWorker(databaseUrl, { files, settings, log });
    started.defer(() => worker.stop());
  }
  const app = await buildApp({ settings, db, files, auth, changes, adminToken, secret }, log);
  started.defer(() => app.close());
  await app.listen({ host: settings.host, port: settings.port }).catch((error) => refuseAddress(settings, error));
  const address = app.server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  const url = `http://${hostInUrl(settings.host)}:${address.port}`;
  await lock.announce(url);
  return url;
}

async function startDatabase(folder: string, onError: (error: unknown) => void, started: AsyncDisposableStack): Promise<string> {
  const database = await openEmbedded(folder, onError);
  started.defer(() => database.stop());
  if (database.adopted) onError(new Error(`the server before was killed: its PostgreSQL (process ${database.pid}) goes on`));
  return database.url;
}

/** Before anything is started or written: a port in use is the commonest mistake. */
async function checkPort(settings: ResolvedSettings): Promise<void> {
  if (settings.port === 0) return;
  const probe = createServer();
  await new Promise<void>((done, failed) => {
    probe.once("error", failed).listen({ host: settings.host, port: settings.port }, () => probe.close(() => done()));
  }).catch((error) => refuseAddress(settings, error));
}

function refuseAddress({ host, port }: ResolvedSettings, error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") throw new ServerError("PICKAPIC_PORT_IN_USE", host, port);
  throw new ServerError("PICKAPIC_ADDRESS_UNUSABLE", host, port, reasonOf(error));
}

/** All addresses of this machine are reached as localhost; IPv6 addresses stand in brackets. */
function hostInUrl(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
