/** @file The app of the benchmark `kills`, as a process that is started, killed, started again and stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/pickapic.mjs", import.meta.url));
/** A stop that takes longer is a hung one, ms. */
export const STOP_WITHIN_MS = 10_000;

export interface App {
  readonly url: string;
  /** Starts the process; gives the ms until it says that it is ready. */
  start(): Promise<number>;
  /** kill -9 */
  kill(): Promise<void>;
  /** SIGTERM; gives the ms until the process has ended, and whether it ended in good order. */
  stop(): Promise<{ ms: number; clean: boolean }>;
}

/** @param databaseUrl of a PostgreSQL that is not the app's own */
export async function appOn(dataFolder: string, databaseUrl?: string): Promise<App> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  // A benchmark that fails leaves nothing running.
  process.once("exit", () => child?.kill("SIGTERM"));
  const ended = async () => {
    if (child && child.exitCode === null && child.signalCode === null) await new Promise((done) => child?.once("exit", done));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    async start() {
      const begun = performance.now();
      child = spawnApp(dataFolder, port, databaseUrl);
      await ready(child);
      return performance.now() - begun;
    },
    async kill() {
      child?.kill("SIGKILL");
      await ended();
    },
    async stop() {
      const begun = performance.now();
      const hung = setTimeout((asked) => asked?.kill("SIGKILL"), 3 * STOP_WITHIN_MS, child);
      child?.kill("SIGTERM");
      await ended();
      clearTimeout(hung);
      return { ms: performance.now() - begun, clean: child?.exitCode === 0 };
    },
  };
}

function spawnApp(dataFolder: string, port: number, databaseUrl: string | undefined): ChildProcess {
  const words = ["serve", "--data", dataFolder, "--port", String(port), "--host", "127.0.0.1", "--no-open", "--json"];
  const env = { ...process.env, PICKAPIC_LOG_LEVEL: "fatal", ...(databaseUrl ? { PICKAPIC_DATABASE_URL: databaseUrl } : {}) };
  return spawn(process.execPath, [BIN, ...words], { env, stdio: ["ignore", "pipe", "inherit"] });
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((done, failed) => {
    if (child.stdout) createInterface(child.stdout).once("line", () => done());
    child.once("exit", (code) => failed(new Error(`the app ended with ${code} before it was ready`)));
  });
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, "127.0.0.1", done));
  const address = probe.address();
  await new Promise((done) => probe.close(done));
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return address.port;
}
