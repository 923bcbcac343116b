/** @file Starts, kills and stops the app of the benchmark `kills` as a child process. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../packages/cli/bin/pickapic.mjs", import.meta.url));
/** A longer stop counts as hung, in ms. */
export const STOP_WITHIN_MS = 10_000;

export interface App {
  readonly url: string;
  /** Starts the process. @returns ms until it is ready */
  start(): Promise<number>;
  /** Kills the process with SIGKILL. */
  kill(): Promise<void>;
  /** Stops the process with SIGTERM. @returns ms until it has ended, and whether its exit code was 0 */
  stop(): Promise<{ ms: number; clean: boolean }>;
}

/** Prepares an app on a free port. @param settings environment variables, such as PICKAPIC_DATABASE_URL; without that one the app starts its own PostgreSQL */
export async function appOn(dataFolder: string, settings: Record<string, string> = {}): Promise<App> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  // Stops the app when the benchmark fails.
  process.once("exit", () => child?.kill("SIGTERM"));
  const ended = async () => {
    if (child && child.exitCode === null && child.signalCode === null) await new Promise((done) => child?.once("exit", done));
  };
  return {
    url: `http://127.0.0.1:${port}`,
    async start() {
      const begun = performance.now();
      child = spawnApp(dataFolder, port, settings);
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

function spawnApp(dataFolder: string, port: number, settings: Record<string, string>): ChildProcess {
  const words = ["serve", "--data", dataFolder, "--port", String(port), "--host", "127.0.0.1", "--no-open", "--json"];
  const env = { ...process.env, PICKAPIC_LOG_LEVEL: "fatal", ...settings };
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
